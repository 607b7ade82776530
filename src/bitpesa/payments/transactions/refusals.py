"""Refusing a drafted transaction: its faults, or the stored one that has its external_id (flows 4.6, 4.7)."""

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import Invalid, add_error
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.senders import wire as senders
from bitpesa.payments.transactions import store, wire
from bitpesa.payments.transactions.draft import TransactionDraft
from bitpesa.payments.transactions.queries import payment_of
from bitpesa.tenants.organisations.model import App


async def refuse_duplicate(conn: Connection, app: App, draft: TransactionDraft) -> None:
    """Raise Invalid when the external_id is known, whatever else is wrong, and show what is stored under it."""
    if draft.external_id is None:
        return
    stored = await store.find_by_external_id(conn, app.id, draft.external_id)
    if stored is None:
        return
    existing = await payment_of(conn, stored)
    add_error(draft.errors, "external_id", "taken")
    raise Invalid(wire.draft_json(draft), {"existing": {"transaction": wire.payment_json(existing)}})


def refuse_faults(app: App, draft: TransactionDraft) -> None:
    """Raise Invalid when anything is wrong."""
    if app.settings.unapproved_sender_policy == "reject":
        _require_approval(app, draft)
    if not draft.errors:
        return
    sender = draft.sender
    if sender is not None and sender.duplicate_of is not None:
        raise Invalid(wire.draft_json(draft), {"existing": {"sender": senders.sender_json(sender.duplicate_of)}})
    raise Invalid(wire.draft_json(draft))


def _require_approval(app: App, draft: TransactionDraft) -> None:
    sender = draft.sender
    if sender is None or sender.sender is None or sender.errors:
        return
    if not sender_rules.is_approved(sender.sender.state, app.settings):
        add_error(sender.errors, "base", "Sender is not approved")
        add_error(draft.errors, "sender", "invalid")
