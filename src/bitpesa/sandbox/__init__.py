"""What only the sandbox has: a demo organisation, payins and payouts on command, scripted answers, a clock that moves.

May import: transactions, recipients, collections, accounts, people, rates, screening, organisations, providers, kernel.
"""
