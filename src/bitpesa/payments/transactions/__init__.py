"""Transactions: one sender's promise to pay recipients, its amounts, its funding and its states.

May import: payments.collections, payments.payout_methods, payments.recipients, payments.mandates, payments.senders,
payments.screening, rails.corridors, rails.providers, money.ledger, money.rates, tenants.organisations, kernel.
"""
