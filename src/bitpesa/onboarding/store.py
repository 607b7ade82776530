"""The rows of ticks and requests."""

from uuid import UUID

import msgspec

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values.ids import new_id
from bitpesa.onboarding.model import CheckName, Evidence, LiveRequest, RequestState, Tick

_sql = load(__package__, "onboarding.sql")


async def ticks(conn: Connection, organisation_id: UUID) -> dict[CheckName, Tick]:
    """The checks that an organisation passed."""
    rows = await _sql.ticks.rows(conn, organisation_id)
    return {CheckName(row["name"]): _tick(row) for row in rows}


async def insert_tick(
    conn: Connection, organisation_id: UUID, app_id: UUID, name: CheckName, evidence: tuple[Evidence, ...]
) -> None:
    """Keep that a check is passed."""
    await _sql.insert_tick.run(conn, organisation_id, name, app_id, msgspec.to_builtins(evidence))


async def insert_request(
    conn: Connection, organisation_id: UUID, asked_by: str, reason: str | None
) -> LiveRequest | None:
    """Write a request; None while another one waits."""
    row = await _sql.insert_request.row(conn, organisation_id, new_id(), asked_by, reason)
    return None if row is None else _request(row)


async def last_request(conn: Connection, organisation_id: UUID) -> LiveRequest | None:
    """The newest request of an organisation."""
    row = await _sql.last_request.row(conn, organisation_id)
    return None if row is None else _request(row)


async def lock_waiting(conn: Connection, organisation_id: UUID) -> LiveRequest | None:
    """The request that waits, kept from others until the end of the work."""
    row = await _sql.lock_waiting.row(conn, organisation_id)
    return None if row is None else _request(row)


async def waiting(conn: Connection) -> list[LiveRequest]:
    """Every request that waits, the oldest first."""
    return [_request(row) for row in await _sql.waiting.rows(conn)]


async def decide(
    conn: Connection, asked: LiveRequest, state: RequestState, decided_by: str, answer: str
) -> LiveRequest:
    """Write what became of a request that is locked."""
    return _request(await _sql.decide.one(conn, asked.organisation_id, asked.id, state, decided_by, answer or None))


def _tick(row: Row) -> Tick:
    return Tick(CheckName(row["name"]), msgspec.convert(row["evidence"], tuple[Evidence, ...]), row["ticked_at"])


def _request(row: Row) -> LiveRequest:
    return LiveRequest(
        organisation_id=row["organisation_id"],
        id=row["id"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        reason=row["reason"],
        state=RequestState(row["state"]),
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        answer=row["answer"],
    )
