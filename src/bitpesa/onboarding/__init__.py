"""The way to live: five checks that an integration passes in the sandbox, the request for live access, its approval.

May import: webhooks, payments.transactions, payments.recipients, api_support.api_logs, tenants.audit_log,
tenants.mail, tenants.organisations, kernel.
"""
