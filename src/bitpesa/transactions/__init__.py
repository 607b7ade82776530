"""Transactions: one sender's promise to pay recipients, its amounts, its funding and its states.

May import: recipients, collections, accounts, senders, mandates, rates, corridors, screening, ledger,
organisations, providers, kernel.
"""
