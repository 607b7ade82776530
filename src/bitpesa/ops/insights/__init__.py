"""Figures and stories that are read from rows and stored nowhere: overviews and the timeline of a payment.

May import: payments.transactions, payments.collections, rails.providers, tenants.audit_log, kernel.
"""
