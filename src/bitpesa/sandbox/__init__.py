"""What only the sandbox has: a demo organisation, payins and payouts on command, scripted answers, a clock that moves.

May import: transactions, recipients, collections, accounts, senders, mandates, people, rates, screening, organisations,
providers, audit_trail, kernel.
"""
