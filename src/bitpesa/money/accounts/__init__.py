"""The balances that clients see, what staff put there and take away, and the debits that fund transactions from them.

May import: money.ledger, money.rates, tenants.four_eyes, tenants.audit_log, tenants.organisations, kernel.
"""
