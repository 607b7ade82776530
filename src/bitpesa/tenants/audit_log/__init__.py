"""The audit trail: who did what by hand, when, on which object and why, never changed and never deleted.

May import: kernel.
"""
