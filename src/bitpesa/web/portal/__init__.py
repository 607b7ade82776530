"""What is open to browsers: the front page, the documentation, the developer portal, files by link, the payer's page.

May import: web.public, web.kit, wiring, onboarding, sandbox, webhooks, ops.reports, ops.insights,
payments.transactions, payments.collections, payments.recipients, payments.senders, payments.documents,
money.accounts, rails.corridors, rails.providers, api_support.api_logs, api_support.soft_limits, tenants.users,
tenants.audit_log, tenants.mail, tenants.organisations, settings, kernel.
"""
