"""Corridors: the payout types there are, the details each asks for, their bank lists, and the rules that read them.

May import: api_support.sdk_compat, kernel.
"""
