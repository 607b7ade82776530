"""Who uses the platform: organisations with their apps and keys, users, mail to them, and the log of what they did.

May import: kernel.
"""
