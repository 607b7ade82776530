"""Recipients: one payout each, with its attempts, failures, retries, edits, cancellation and refund.

May import: corridors, ledger, providers, kernel.
"""
