"""Who it was, for the audit trail."""

from bitpesa.audit_trail import model as trail
from bitpesa.audit_trail.model import Actor
from bitpesa.people.model import User, UserKind


def acting(user: User) -> Actor:
    """A user as the trail names it: one of a client's people, or of the operator's."""
    named = trail.staff if user.kind is UserKind.STAFF else trail.user
    return named(user.email, user.id)
