"""The simulated collecting provider: it collects from nobody, and keeps a book of it.

May import: kernel.
"""
