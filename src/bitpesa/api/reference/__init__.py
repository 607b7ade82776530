"""The reference of the API: what each operation takes and answers, as data, and the OpenAPI document made of it.

May import: webhooks, corridors, sdks, kernel.
"""
