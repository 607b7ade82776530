"""Screening: sanction lists, and finding people and companies on them however they are spelt.

May import: kernel.
"""
