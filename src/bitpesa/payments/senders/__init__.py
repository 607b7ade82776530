"""People and companies whose money moves: who they are, whether they may transact, and re-using them by id.

May import: payments.documents, payments.screening, tenants.organisations, kernel.
"""
