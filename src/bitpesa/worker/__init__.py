"""The process that does what is due: payouts, webhooks, expiry, refunds; and who is woken by which event.

May import: wiring, reports, webhooks, transactions, recipients, collections, senders, people, documents, screening,
mail, api_logs, idempotency, soft_limits, organisations, kernel.
"""
