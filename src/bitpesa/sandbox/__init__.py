"""What only the sandbox has: a demo organisation, payins and payouts on command, scripted answers, a clock that moves.

May import: payments.compliance, payments.transactions, payments.collections, payments.recipients, payments.mandates,
payments.senders, payments.screening, money.accounts, rails.providers, money.rates, tenants.users, tenants.audit_log,
tenants.organisations, kernel.
"""
