"""Mandates: what recipients of rand sign, once a calendar year, before they are paid.

May import: kernel.
"""
