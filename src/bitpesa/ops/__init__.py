"""What operators and clients read about the business: reports, bookkeeping, insights and health.

May import: payments, money, rails, tenants, schema, kernel.
"""
