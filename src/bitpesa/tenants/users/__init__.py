"""The people of the developer portal: users and how they log in, what each may do for which organisation, invitations.

May import: tenants.audit_log, kernel.
"""
