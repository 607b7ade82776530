"""Shutting a user out, and letting it in again: staff do that."""

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.four_eyes.model import AccessKind
from bitpesa.tenants.four_eyes.operations import record_access_change
from bitpesa.tenants.users import store
from bitpesa.tenants.users.model import User, UserKind


async def disable(work: Work, by: Actor, user: User) -> User:
    """Shut a user out at once: every session ends, and no log-in works. Raises NotFound."""
    await store.end_sessions(work.conn, user.id)
    return await _switch(work, by, user, disabled=True)


async def enable(work: Work, by: Actor, user: User) -> User:
    """Let a user in again. Raises NotFound. One of staff counts as a second person only after a while."""
    if user.kind is UserKind.STAFF:
        await record_access_change(work.conn, user.id, AccessKind.REOPENED, by=by)
    return await _switch(work, by, user, disabled=False)


async def _switch(work: Work, by: Actor, user: User, *, disabled: bool) -> User:
    found = await store.set_disabled(work.conn, user.id, disabled=disabled)
    if found is None:
        raise NotFound
    action = "user.disabled" if disabled else "user.enabled"
    await audit_trail.record(work.conn, actor=by, action=action, object_type="user", object_id=user.id)
    return found
