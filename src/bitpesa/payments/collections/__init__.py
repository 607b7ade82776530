"""Payin methods: the ways a sender's money is collected for a transaction.

May import: corridors, ledger, organisations, providers, sdks, kernel.
"""
