"""Documents about senders: the files themselves, where their bytes lie, and the links that show them for a while.

May import: tenants.organisations, kernel.
"""
