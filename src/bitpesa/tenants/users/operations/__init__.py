"""What people do: signing up, logging in and out, inviting, changing what members may do, keeping keys.

May import: mail, four_eyes, organisations, audit_trail, kernel.
"""
