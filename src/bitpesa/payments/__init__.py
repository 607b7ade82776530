"""Payments: senders, transactions, recipients and collections, and everything they depend on.

May import: money, rails, api_support, tenants, kernel.
"""
