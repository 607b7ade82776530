"""Sessions: what they look at, and how they end."""

from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.users import store
from bitpesa.tenants.users.acting import acting
from bitpesa.tenants.users.model import Session, User


async def look_at(work: Work, session: Session, organisation_id: UUID) -> None:
    """Turn a session to an organisation of its user. Raises NotFound for one of others."""
    members = await store.members_of_user(work.conn, session.user_id)
    if organisation_id not in {member.organisation_id for member in members}:
        raise NotFound
    await store.look_at(work.conn, session.id, organisation_id)


async def log_out(work: Work, session: Session) -> None:
    """End a session: its token opens nothing any more."""
    await store.end_session(work.conn, session.user_id, session.id)


async def end_session(work: Work, user: User, session_id: UUID) -> None:
    """End a session of one's own, from another device. Raises NotFound for one of others."""
    if not await store.end_session(work.conn, user.id, session_id):
        raise NotFound
    await _note(work, user, "session.ended", session_id)


async def end_other_sessions(work: Work, user: User, session: Session) -> None:
    """End every session of one's own but this one."""
    await store.end_sessions(work.conn, user.id, except_id=session.id)
    await _note(work, user, "session.others_ended", session.id)


async def _note(work: Work, user: User, action: str, session_id: UUID) -> None:
    await audit_trail.record(work.conn, actor=acting(user), action=action, object_type="session", object_id=session_id)
