"""Whether a deployment's database is well: what the catalogues and the queues say, judged by limits that can be read.

May import: tenants.organisations, schema, kernel.
"""
