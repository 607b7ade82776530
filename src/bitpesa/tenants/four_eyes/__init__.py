"""Two persons for one act: who counts as a second one, judged by who opened or reset which account of staff.

May import: tenants.audit_log, kernel.
"""
