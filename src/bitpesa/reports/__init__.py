"""What is read across all nouns: the audit of the books, the ledger for other people's tools, files that clients fetch.

May import: transactions, recipients, rates, corridors, organisations, kernel.
"""
