"""Transactions: one sender's promise to pay recipients, its amounts, its funding and its states.

May import: recipients, collections, payout_methods, accounts, senders, mandates, rates, corridors,
documents, screening, ledger, organisations, providers, audit_trail, kernel.
"""
