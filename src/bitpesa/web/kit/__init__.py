"""What the developer portal and the back office share: their look, words, forms, lists, and how browsers are answered.

May import: wiring, tenants.users, settings, kernel.
"""
