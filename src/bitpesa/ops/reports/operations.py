"""Making reports: those that are due, and any other when somebody asks for it (flows 12.1)."""

from uuid import UUID

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import refused
from bitpesa.ops.reports import contents, store
from bitpesa.ops.reports.csv_rows import row
from bitpesa.ops.reports.model import Report, ReportType
from bitpesa.ops.reports.period import Cadence, Period, oldest_to_make

PIECE_BYTES = 256 * 1024

MADE_WHEN_DUE = {
    Cadence.MONTHLY: (ReportType.TRANSACTION, ReportType.ACCOUNT),
    Cadence.DAILY: (ReportType.ACCOUNT,),
}
"""What is made without being asked for."""


async def make(work: Work, app_id: UUID, type_: ReportType, period: Period) -> Report:
    """Make the file of a period, in place of the one there was; it appears whole or not at all.

    A period that is not over is told so far, and told again when it is due. Raises Invalid for one that has not begun.
    """
    conn = work.conn
    now = await clock.now(conn, app_id)
    if period.begins_at > now:
        raise refused("period", "invalid", period=period.name)
    edition = await store.begin(conn, app_id, type_, period, now)
    buffer, position, rows, size = bytearray(row(contents.columns(type_))), 0, 0, 0
    async for cells in contents.rows(conn, type_, app_id, period):
        rows += 1
        buffer += row(cells)
        if len(buffer) >= PIECE_BYTES:
            await store.insert_piece(
                conn, app_id, type_, period, edition=edition, position=position, content=bytes(buffer)
            )
            position, size = position + 1, size + len(buffer)
            buffer.clear()
    await store.insert_piece(conn, app_id, type_, period, edition=edition, position=position, content=bytes(buffer))
    return await store.end(conn, app_id, type_, period, rows=rows, size_bytes=size + len(buffer))


async def make_due(work: Work, app_id: UUID, cadence: Cadence) -> bool:
    """Make the next reports of an app; False when they are not due, or another worker is at them."""
    due = await store.lock_due(work.conn, app_id, cadence)
    if due is None:
        return False
    period = oldest_to_make(*due)
    for type_ in MADE_WHEN_DUE[cadence]:
        await make(work, app_id, type_, period)
    await store.set_schedule(work.conn, app_id, period.following)
    return True
