"""The API v1 that client companies call: it checks who asks, calls one noun, and turns the answer into JSON.

May import: wiring, sandbox, webhooks, transactions, recipients, collections, accounts, senders, rates, corridors,
organisations, providers, settings, kernel.
"""
