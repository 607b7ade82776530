"""The process that does what is due: payouts, webhooks, expiry, refunds; and who is woken by which event.

May import: wiring, webhooks, ops.reports, payments.compliance, payments.transactions, payments.collections,
payments.recipients, payments.senders, payments.documents, payments.screening, api_support.api_logs,
api_support.idempotency, api_support.soft_limits, tenants.users, tenants.mail, tenants.organisations, kernel.
"""
