"""Payout methods that a client keeps to use again: a payout type with its details, named by an id in later recipients.

May import: senders, corridors, organisations, sdks, kernel.
"""
