"""Writing the trail. It is written in the database transaction of what was done, or not at all."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values.ids import new_id
from bitpesa.tenants.audit_log import store
from bitpesa.tenants.audit_log.model import Actor


async def record(
    conn: Connection,
    *,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: UUID | str,
    organisation_id: UUID | None = None,
    app_id: UUID | None = None,
    reason: str | None = None,
    before: Any = None,
    after: Any = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down what somebody did.

    `action` is named as events are, by the object and what became of it: `sender.banned`, `api_key.revoked`.
    `before` and `after`: what the object was, as far as it changed (JSON); `details`: whatever else helps to understand
    it later. Secrets never stand in any of them.
    """
    await store.insert(
        conn,
        new_id(),
        actor,
        organisation_id=organisation_id,
        app_id=app_id,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        reason=reason,
        before=before,
        after=after,
        details=dict(details or {}),
    )
