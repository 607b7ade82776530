"""Pages and files that need no session: the front page, documentation, the payer's page, links to files, and probes.

May import: web.kit, wiring, sandbox, ops.reports, payments.transactions, payments.collections, payments.documents,
tenants.organisations, schema, kernel.
"""

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
