"""Answers kept under the key that a client chose, so that a write sent twice is done once and answered twice.

May import: kernel.
"""
