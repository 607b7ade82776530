"""The simulated bank: a provider that pays nobody, answers by the last digits of an account, and keeps its own book.

May import: kernel.
"""
