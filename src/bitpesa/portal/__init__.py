"""The pages: for developers, what it takes to make a first call; for payers of the sandbox, where they confirm.

May import: wiring, sandbox, transactions, collections, organisations, kernel.
"""
