"""The API v1 that client companies call: it checks who asks, calls one noun, and turns the answer into JSON.

May import: wiring, sandbox, reports, webhooks, transactions, recipients, collections, payout_methods, accounts,
senders, mandates, rates, corridors, documents, organisations, providers, api_logs, idempotency, soft_limits, sdks,
audit_trail, settings, kernel.
"""
