"""The `bitpesa` command: it starts the processes of a deployment and does an operator's work from the terminal.

May import: api, portal, backoffice, worker, wiring, onboarding, sandbox, reports, health, transactions, recipients,
collections, accounts, senders, mandates, people, rates, screening, mail, ledger, organisations, audit_trail,
settings, schema, kernel.
"""
