"""The ground every noun stands on: money, ids, the clock, statements, transactions, events, due work, signing.

May import: nothing of ours.
"""
