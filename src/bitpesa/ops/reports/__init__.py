"""What is read across all nouns: the audit of the books, other people's tools, the portal's overview, clients' files.

May import: transactions, recipients, collections, rates, corridors, ledger, organisations, providers,
audit_trail, kernel.
"""
