"""The outside world of payments: what each corridor asks for, and the providers that carry money.

May import: api_support, kernel.
"""
