"""Due work on payments: payouts are attempted and asked about, payers are asked, what is overdue ends.

May import: payments.collections, payments.recipients, rails.providers, tenants.organisations, kernel.
"""
