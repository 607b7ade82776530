"""Transactions: one sender's promise to pay recipients, its amounts, its funding and its states.

May import: recipients, collections, payout_methods, accounts, senders, rates, corridors, documents, ledger,
organisations, providers, kernel.
"""
