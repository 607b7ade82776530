"""Events that are recorded in the same transaction as what they tell.

May import: nothing of ours.
"""
