"""The official client SDKs: how strictly they read our answers, as data, and what of a value they can read.

May import: kernel.
"""
