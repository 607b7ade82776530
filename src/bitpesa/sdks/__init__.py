"""The official client SDKs: how strictly they read our answers, as data, and what is left of a value that they cannot read.

May import: kernel.
"""
