"""The balances that clients see, deposits to them, and the debits that fund transactions from them.

May import: rates, ledger, organisations, kernel.
"""
