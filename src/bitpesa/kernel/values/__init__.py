"""Plain values: money, currencies, ids, JSON, metadata, moments.

May import: nothing of ours.
"""
