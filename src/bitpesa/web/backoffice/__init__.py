"""The operator's back office: who waits for staff, what staff decide, balances, rates, the books and the audit trail.

May import: pages, wiring, onboarding, reports, transactions, recipients, collections, accounts, senders, mandates,
people, rates, corridors, documents, screening, ledger, organisations, providers, api_logs, audit_trail,
settings, kernel.
"""
