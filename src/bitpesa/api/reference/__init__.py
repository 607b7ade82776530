"""The reference of the API: what each operation takes and answers, as data, and the OpenAPI document made of it.

May import: webhooks, rails.corridors, api_support.sdk_compat.
"""
