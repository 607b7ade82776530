"""Pages for people: the developer portal, the back office, and what anybody may open.

May import: wiring, onboarding, ops, sandbox, webhooks, payments, money, rails, api_support, tenants, schema,
settings, kernel.
"""
