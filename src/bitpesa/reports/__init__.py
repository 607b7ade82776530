"""What is read across all nouns and written nowhere: the audit of the books, and the ledger for other people's tools.

May import: kernel.
"""
