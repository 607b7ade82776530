"""What happens to payout methods: they are stored, changed, and deleted."""

from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.outbox import events
from bitpesa.kernel.problems import FieldErrors, Invalid, NotFound, add_error
from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import new_id, read_id
from bitpesa.kernel.values.metadata import read_metadata
from bitpesa.payments.payout_methods import rules, store, wire
from bitpesa.payments.payout_methods.model import PayoutMethod
from bitpesa.payments.senders import queries as senders
from bitpesa.tenants.organisations.model import App


async def create(work: Work, app: App, submitted: dict[str, Any]) -> PayoutMethod:
    """Store a payout method, of one sender or of none. Raises Invalid."""
    errors: FieldErrors = {}
    metadata = read_metadata(submitted, errors) or {}
    now = await clock.now(work.conn, app.id)
    found = rules.open_corridor(submitted, app.settings, errors)
    details = {} if found is None else rules.read_details(submitted.get("details"), found, errors, today=now.date())
    sender_id = await _read_sender(work, app, submitted, errors)
    if submitted.get("id") not in (None, ""):
        add_error(errors, "id", "invalid")
    if errors or found is None:
        raise Invalid(wire.refused_json(submitted, app.settings, errors))
    method = PayoutMethod(
        app_id=app.id,
        id=new_id(),
        sender_id=sender_id,
        type=found.type,
        details=details,
        metadata=metadata,
        created_at=now,
        updated_at=now,
    )
    await store.insert(work.conn, method)
    await events.record(work, app.id, [wire.event("payout_method.created", method)])
    return method


async def change(work: Work, app: App, method_id: UUID | None, submitted: dict[str, Any]) -> PayoutMethod:
    """Change the details given and leave the rest; the type and the sender stay. Raises NotFound, Invalid."""
    stored = await _locked(work, app.id, method_id)
    now = await clock.now(work.conn, app.id)
    errors: FieldErrors = {}
    metadata = read_metadata(submitted, errors)
    changes = submitted.get("details")
    if not stored.is_enabled:
        add_error(errors, "base", "Payout method is disabled")
    if submitted.get("type") not in (None, "", stored.type):
        add_error(errors, "type", "invalid")
    if changes is not None and not isinstance(changes, dict):
        add_error(errors, "details", "invalid")
        changes = None
    details = stored.details
    if changes:
        found = rules.open_corridor({"type": stored.type}, app.settings, errors)
        details = json.merged(stored.details, changes)
        details = details if found is None else rules.read_details(details, found, errors, today=now.date())
    if errors:
        raise Invalid({**wire.with_fields(stored, app.settings), "details": details, "errors": errors})
    changed = msgspec.structs.replace(
        stored,
        details=details,
        metadata=stored.metadata if metadata is None else metadata,
        updated_at=now,
    )
    await store.update(work.conn, changed)
    return changed


async def disable(work: Work, app_id: UUID, method_id: UUID | None) -> PayoutMethod:
    """Mark a payout method as deleted: no new recipient can use it. A second time changes nothing. Raises NotFound."""
    stored = await _locked(work, app_id, method_id)
    if not stored.is_enabled:
        return stored
    now = await clock.now(work.conn, app_id)
    disabled = msgspec.structs.replace(stored, updated_at=now, disabled_at=now)
    await store.update(work.conn, disabled)
    await events.record(work, app_id, [wire.event("payout_method.disabled", disabled)])
    return disabled


async def _read_sender(work: Work, app: App, submitted: dict[str, Any], errors: FieldErrors) -> UUID | None:
    given = submitted.get("sender_id")
    if given in (None, ""):
        return None
    sender_id = read_id(given)
    found = {} if sender_id is None else await senders.find_many(work.conn, app.id, [sender_id])
    if sender_id is None or sender_id not in found:
        add_error(errors, "sender_id", "not_found")
        return None
    return sender_id


async def _locked(work: Work, app_id: UUID, method_id: UUID | None) -> PayoutMethod:
    stored = None if method_id is None else await store.lock(work.conn, app_id, method_id)
    if stored is None:
        raise NotFound
    return stored
