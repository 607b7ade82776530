"""Who it was, for the audit trail."""

from bitpesa.tenants.audit_log import model as trail
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.users.model import User, UserKind


def acting(user: User) -> Actor:
    """A user as the trail names it: one of a client's people, or of the operator's."""
    named = trail.staff if user.kind is UserKind.STAFF else trail.user
    return named(user.email, user.id)
