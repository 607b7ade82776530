"""The rows of reports: files in pieces, and when the next ones are due."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.database.undecodable import read_readable
from bitpesa.ops.reports.model import Report, ReportType
from bitpesa.ops.reports.period import Cadence, Period

_sql = load(__package__, "reports.sql")


async def begin(conn: Connection, app_id: UUID, type_: ReportType, period: Period, now: datetime) -> int:
    """Begin the next edition of a file in place of the one there was; answers its number."""
    edition: int = await _sql.begin_report.value(conn, app_id, type_, period.cadence, period.starts_on, now)
    await _sql.delete_pieces.run(conn, app_id, type_, period.cadence, period.starts_on)
    return edition


async def insert_piece(
    conn: Connection, app_id: UUID, type_: ReportType, period: Period, *, edition: int, position: int, content: bytes
) -> None:
    """Write one piece of a file."""
    await _sql.insert_piece.run(
        conn, app_id, type_, period.cadence, period.starts_on, edition, position, content
    )  # fmt: skip


async def end(
    conn: Connection, app_id: UUID, type_: ReportType, period: Period, *, rows: int, size_bytes: int
) -> Report:
    """Write down how much a file holds."""
    row = await _sql.end_report.one(conn, app_id, type_, period.cadence, period.starts_on, rows, size_bytes)
    return _report(row)


async def find(conn: Connection, app_id: UUID, type_: ReportType, period: Period) -> Report | None:
    """Find a file."""
    row = await _sql.report.row(conn, app_id, type_, period.cadence, period.starts_on)
    return None if row is None else _report(row)


async def of_app(conn: Connection, app_id: UUID, type_: ReportType | None) -> list[Report]:
    """The app's files, monthly ones first, the oldest first."""
    return [_report(row) for row in await _sql.reports_of_app.rows(conn, app_id, type_)]


async def piece(conn: Connection, report: Report, position: int) -> bytes | None:
    """Read one piece of this very edition; None after the last one, and when another edition took its place."""
    period = report.period
    content: bytes | None = await _sql.piece.value(
        conn, report.app_id, report.type, period.cadence, period.starts_on, report.edition, position
    )
    return content


async def apps_without_schedules(conn: Connection, most: int) -> list[tuple[UUID, datetime]]:
    """Apps that nobody thought of yet, each with the first moment that there is something to tell of."""
    return await read_readable(conn, _sql.apps_without_schedules, (most,), lambda row: (row["app_id"], row["since"]))


async def schedules_ahead(conn: Connection, most: int) -> list[tuple[UUID, Cadence, datetime]]:
    """Schedules of apps whose clock was moved back, each with the app's time."""
    return await read_readable(
        conn, _sql.schedules_ahead, (most,), lambda row: (row["app_id"], Cadence(row["cadence"]), row["now"])
    )


async def open_schedules(conn: Connection, app_id: UUID, periods: Sequence[Period]) -> None:
    """Begin reporting with these periods, one of each cadence, unless somebody else did meanwhile."""
    await _sql.open_schedules.run(
        conn,
        app_id,
        [period.cadence for period in periods],
        [period.starts_on for period in periods],
        [period.due_at for period in periods],
    )


async def set_schedule(conn: Connection, app_id: UUID, period: Period) -> None:
    """Go on with a period."""
    await _sql.set_schedule.run(conn, app_id, period.cadence, period.starts_on, period.due_at)


async def due(conn: Connection, free: Free) -> list[tuple[UUID, Cadence]]:
    """Which apps have a report due, of which cadence, in turns between apps."""
    rows = await _sql.due_schedules.rows(conn, free.after, free.places)
    return [(row["app_id"], Cadence(row["cadence"])) for row in rows]


async def lock_due(conn: Connection, app_id: UUID, cadence: Cadence) -> tuple[Period, datetime] | None:
    """Lock a schedule whose time has come: the next period and the app's time. None: not due, or another is at it."""
    row = await _sql.lock_due_schedule.row(conn, app_id, cadence)
    return None if row is None else (Period(cadence, row["next_on"]), row["now"])


def _report(row: Row) -> Report:
    return Report(
        app_id=row["app_id"],
        type=ReportType(row["type"]),
        period=Period(Cadence(row["cadence"]), row["starts_on"]),
        edition=row["edition"],
        rows=row["row_count"],
        size_bytes=row["size_bytes"],
        made_at=row["made_at"],
    )
