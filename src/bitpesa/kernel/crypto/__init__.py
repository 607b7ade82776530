"""Secrets: encryption, passwords, codes, signatures, tokens.

May import: nothing of ours.
"""
