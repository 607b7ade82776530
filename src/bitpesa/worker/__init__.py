"""The process that does what is due: payouts, webhooks, expiry, refunds; and who is woken by which event.

May import: wiring, webhooks, transactions, recipients, collections, kernel.
"""
