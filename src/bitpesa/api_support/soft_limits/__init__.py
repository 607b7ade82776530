"""How often an app may ask the same thing: calls are counted in memory, merged in the database, and marked beyond.

May import: kernel.
"""
