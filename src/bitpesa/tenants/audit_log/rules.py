"""What a reason must be, and what a client may know of an act. Decides from plain values."""

from msgspec.structs import replace

from bitpesa.kernel.problems import refused
from bitpesa.tenants.audit_log.acts import acts
from bitpesa.tenants.audit_log.model import SANDBOX, ActorKind, ClientEntry, Entry

LONGEST_REASON = 1000


def read_reason(reason: str | None, *, needed: bool = True, field: str = "reason") -> str | None:
    """The reason somebody gives, trimmed. Raises Invalid about `field`: it is blank although needed, or endless."""
    text = (reason or "").strip()
    if not text:
        if needed:
            raise refused(field, "blank")
        return None
    if len(text) > LONGEST_REASON:
        raise refused(field, "too_long")
    if "\x00" in text:
        raise refused(field, "invalid")
    return text


SUPPORT = "Support"
"""What clients read in place of the name of whoever of staff did something."""


def for_client(entry: Entry) -> ClientEntry | None:
    """An entry as the client that it is about may see it; None when it may not (decision 0068).

    The controls of a sandbox are the client's own, and their reasons its own words. What the object was is left out
    even there: a note of staff may be part of that.
    """
    known = acts().get(entry.action)
    shown = ClientEntry(
        id=entry.id,
        actor=entry.actor.name,
        what=entry.action if known is None else known.title,
        object_type=entry.object_type,
        object_id=entry.object_id,
        created_at=entry.created_at,
        app_time=entry.app_time,
    )
    if entry.actor.kind is ActorKind.USER:
        return replace(shown, reason=entry.reason, before=entry.before, after=entry.after, details=entry.details)
    if entry.actor == SANDBOX:
        return replace(shown, reason=entry.reason)
    if entry.actor.kind is not ActorKind.STAFF or known is None or known.client_wording is None:
        return None
    return replace(shown, actor=SUPPORT, what=known.client_wording)
