"""Corridors: the payout types there are, the details each asks for, their bank lists, and the rules that read them.

May import: sdks, kernel.
"""
