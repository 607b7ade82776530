"""The process that does what is due: payouts, webhooks, expiry, refunds; and who is woken by which event.

May import: wiring, reports, webhooks, transactions, recipients, collections, screening, senders, people, documents,
mail, api_logs, idempotency, soft_limits, organisations, kernel.
"""
