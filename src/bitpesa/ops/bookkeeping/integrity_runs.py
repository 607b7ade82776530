"""Audits as they are kept: run at the terminal or in the back office, their results stand in one place."""

from uuid import UUID

import asyncpg
import msgspec

from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import new_id
from bitpesa.ops.bookkeeping.integrity import audit
from bitpesa.ops.bookkeeping.model import AuditReport, KeptAudit
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record

_sql = load(__package__, "integrity_runs.sql")


async def run_audit(database: Database, actor: Actor) -> tuple[AuditReport, UUID | None]:
    """Compare everything, and keep what was found; the id is None where nothing can be kept: on a standby."""
    async with database.reading() as conn:
        report = await audit(conn)
    try:
        return report, await database.run(_keep, report, actor)
    except asyncpg.ReadOnlySQLTransactionError:
        return report, None


async def list_audits(conn: Connection, *, limit: int, offset: int = 0) -> tuple[list[KeptAudit], int]:
    """The audits that were run, the newest first; how many there are."""
    rows = await _sql.audits.rows(conn, limit, offset)
    return [_kept(row) for row in rows], int(await _sql.count_audits.value(conn))


async def find_audit(conn: Connection, audit_id: UUID | None) -> tuple[KeptAudit, AuditReport]:
    """An audit with all that was found. Raises NotFound."""
    row = None if audit_id is None else await _sql.audit.row(conn, audit_id)
    if row is None:
        raise NotFound
    return _kept(row), msgspec.json.decode(row["report"], type=AuditReport)


async def _keep(work: Work, report: AuditReport, actor: Actor) -> UUID:
    audit_id, found = new_id(), report.disagreements_in_all
    await _sql.insert_audit.run(
        work.conn, audit_id, report.taken_at, actor.name, actor.id, report.checks, found, report
    )
    await record(
        work.conn,
        actor=actor,
        action="books.audited",
        object_type="Audit",
        object_id=audit_id,
        details={"checks": report.checks, "disagreements": found},
    )
    return audit_id


def _kept(row: Row) -> KeptAudit:
    return KeptAudit(**{name: row[name] for name in KeptAudit.__struct_fields__})
