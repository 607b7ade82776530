"""What happens to transactions, one file for each thing: created, funded, paid out, edited, cancelled, ended by time.

May import: recipients, collections, accounts, senders, mandates, rates, corridors, screening, ledger,
organisations, providers, kernel.
"""
