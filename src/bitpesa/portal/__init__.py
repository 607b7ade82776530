"""The pages: the developer portal, the documentation, files that a link shows, and where payers of the sandbox confirm.

May import: wiring, sandbox, reports, transactions, collections, people, documents, organisations, providers,
audit_trail, settings, kernel.
"""
