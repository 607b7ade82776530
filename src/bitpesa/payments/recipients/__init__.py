"""Recipients: one payout each, with its attempts, failures, retries, edits, cancellation and refund.

May import: payments.screening, rails.corridors, rails.providers, money.ledger, money.rates, api_support.sdk_compat,
kernel.
"""
