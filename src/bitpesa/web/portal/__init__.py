"""What is open to browsers: the front page, the documentation, the developer portal, files by link, the payer's page.

May import: pages, wiring, onboarding, sandbox, reports, webhooks, transactions, recipients, collections, accounts,
senders, people, corridors, documents, organisations, providers, api_logs, soft_limits, audit_trail, settings, schema,
kernel.
"""
