"""The API v1 that client companies call: it checks who asks, calls one noun, and turns the answer into JSON.

May import: wiring, sandbox, webhooks, ops.reports, payments.compliance, payments.transactions, payments.collections,
payments.payout_methods, payments.recipients, payments.mandates, payments.senders, payments.documents, money.accounts,
rails.corridors, rails.providers, money.rates, api_support.api_logs, api_support.idempotency, api_support.sdk_compat,
api_support.soft_limits, tenants.audit_log, tenants.organisations, settings, kernel.
"""
