"""Recipients: one payout each, with its attempts, failures, retries, edits, cancellation and refund.

May import: rates, corridors, ledger, providers, sdks, kernel.
"""
