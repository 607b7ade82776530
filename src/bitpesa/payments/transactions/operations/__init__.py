"""What happens to transactions, one file for each thing: created, funded, paid out, edited, cancelled, ended by time.

May import: recipients, collections, payout_methods, accounts, senders, mandates, rates, corridors,
documents, screening, ledger, organisations, providers, audit_trail,
kernel.
"""
