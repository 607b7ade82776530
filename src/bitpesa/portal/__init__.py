"""The pages: the developer portal, the documentation, files that a link shows, and where payers of the sandbox confirm.

May import: wiring, onboarding, sandbox, reports, webhooks, transactions, recipients, collections, accounts, senders,
people, corridors, documents, organisations, providers, api_logs, soft_limits, audit_trail, settings, kernel.
"""
