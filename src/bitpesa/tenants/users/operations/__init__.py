"""What people do: signing up, logging in and out, inviting, changing what members may do, keeping keys.

May import: tenants.four_eyes, tenants.audit_log, tenants.mail, tenants.organisations, kernel.
"""
