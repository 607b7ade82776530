"""The balances that clients see, what staff put there and take away, and the debits that fund transactions from them.

May import: rates, four_eyes, ledger, organisations, audit_trail, kernel.
"""
