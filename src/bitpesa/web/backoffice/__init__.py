"""The operator's back office: who waits for staff, what staff decide, balances, rates, the books and the audit trail.

May import: web.kit, wiring, onboarding, ops.insights, ops.bookkeeping, ops.health, payments.compliance,
payments.transactions, payments.collections, payments.recipients, payments.mandates, payments.senders,
payments.documents, payments.screening, money.accounts, rails.corridors, rails.providers, money.ledger, money.rates,
api_support.api_logs, tenants.users, tenants.audit_log, tenants.organisations, settings, kernel.
"""
