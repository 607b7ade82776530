"""Webhooks: who wants to hear of which events where, and telling them, signed, at least once, with a log of every try.

May import: payments.documents, tenants.organisations, kernel.
"""
