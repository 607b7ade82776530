"""The books: accounts, postings between them, balances kept by the postings; it knows nothing of payments.

May import: kernel.
"""
