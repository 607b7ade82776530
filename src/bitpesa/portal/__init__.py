"""What is open to browsers: the front page, files that a link shows, and where payers of the sandbox confirm.

May import: wiring, sandbox, reports, transactions, collections, documents, organisations, settings, schema, kernel.
"""
