"""Calls that leave the house: the HTTP client and the addresses it may call.

May import: nothing of ours.
"""
