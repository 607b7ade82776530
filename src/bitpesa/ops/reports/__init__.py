"""What is read across all nouns: the audit of the books, other people's tools, the portal's overview, clients' files.

May import: payments.transactions, payments.recipients, rails.corridors, money.rates, tenants.organisations, kernel.
"""
