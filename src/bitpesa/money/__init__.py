"""Money as the platform keeps it: the ledger, accounts of organisations, and exchange rates.

May import: tenants, kernel.
"""
