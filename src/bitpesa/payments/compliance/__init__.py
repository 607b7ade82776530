"""What screening and staff decide about senders, and what follows for their transactions.

May import: payments.transactions, payments.collections, payments.recipients, payments.senders, payments.documents,
payments.screening, tenants.audit_log, tenants.organisations, kernel.
"""
