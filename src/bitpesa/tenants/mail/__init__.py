"""Mail on its way to people: written down in the transaction that is the reason for it, handed over as due work.

May import: kernel.
"""
