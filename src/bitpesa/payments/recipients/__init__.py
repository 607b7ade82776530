"""Recipients: one payout each, with its attempts, failures, retries, edits, cancellation and refund.

May import: rates, corridors, screening, ledger, providers, sdks, kernel.
"""
