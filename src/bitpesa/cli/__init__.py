"""The `bitpesa` command: it starts the processes of a deployment and does an operator's work from the terminal.

May import: server, api, worker, web.backoffice, web.portal, wiring, onboarding, sandbox, ops.reports,
ops.bookkeeping, ops.health, payments.compliance, payments.transactions, payments.collections, payments.recipients,
payments.mandates, payments.senders, payments.screening, money.accounts, money.rates, tenants.users,
tenants.audit_log, tenants.mail, tenants.organisations, schema, settings, embedded_postgres, kernel.
"""
