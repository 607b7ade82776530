"""People and companies whose money moves: who they are, whether they may transact, and re-using them by id.

May import: documents, screening, organisations, kernel.
"""
