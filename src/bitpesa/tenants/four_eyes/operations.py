"""Recording who opened which account, and requiring a second person."""

from datetime import timedelta
from uuid import UUID

from bitpesa.kernel.clock import real_now
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import refused
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.four_eyes import rules, store
from bitpesa.tenants.four_eyes.model import AccessKind, Person


async def record_access_change(conn: Connection, user_id: UUID, kind: AccessKind, *, by: Actor) -> None:
    """Record that somebody created, re-opened or reset an account of staff."""
    await store.insert_access_change(conn, user_id, kind, by.id, by.name)


async def require_second_person(conn: Connection, proposer: Person, decider: Person, *, within: timedelta) -> None:
    """Let the decider pass as a second person beside the proposer. Raises Invalid, with the reason as a sentence.

    `within`: how long an account does not count after it was created, re-opened or reset.
    """
    changes = await store.access_changes_of(conn, [proposer.id, decider.id])
    problem = rules.why_not_second(proposer, decider, changes, now=await real_now(conn), within=within)
    if problem is not None:
        raise refused("base", problem)
