"""Payout methods that a client keeps to use again: a payout type with its details, named by an id in later recipients.

May import: payments.senders, rails.corridors, api_support.sdk_compat, tenants.organisations, kernel.
"""
