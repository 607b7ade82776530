"""What happens to transactions, one file for each thing: created, funded, paid out, edited, cancelled, ended by time.

May import: payments.collections, payments.payout_methods, payments.recipients, payments.mandates, payments.senders,
payments.screening, money.accounts, rails.corridors, rails.providers, money.ledger, money.rates, tenants.audit_log,
tenants.organisations, kernel.
"""
