"""The `bitpesa` command: it starts the processes of a deployment and does an operator's work from the terminal.

May import: api, portal, worker, wiring, sandbox, reports, health, transactions, collections, accounts, senders,
rates, screening, ledger, organisations, settings, schema, kernel.
"""
