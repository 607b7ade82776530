"""The books as an auditor reads them: trial balance, export, and the check that every figure follows from transfers.

May import: money.ledger, tenants.audit_log, tenants.organisations, kernel.
"""
