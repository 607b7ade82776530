"""Payin methods: the ways a sender's money is collected for a transaction.

May import: rails.corridors, rails.providers, money.ledger, api_support.sdk_compat, tenants.organisations, kernel.
"""
