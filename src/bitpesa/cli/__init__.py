"""The `bitpesa` command: it starts the processes of a deployment and does an operator's work from the terminal.

May import: api, portal, worker, wiring, onboarding, sandbox, reports, transactions, collections, accounts, senders,
people, rates, screening, ledger, organisations, audit_trail, settings, schema, kernel.
"""
