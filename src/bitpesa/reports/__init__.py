"""What is read across all nouns and written nowhere: the audit, proofs of payment, the ledger for other people's tools.

May import: transactions, recipients, corridors, kernel.
"""
