"""The way to live: five checks that an integration passes in the sandbox, the request for live access, its approval.

May import: webhooks, transactions, recipients, mail, organisations, api_logs,
audit_trail, kernel.
"""
