"""The due work of reports: on the first day of the next month at 02:00 UTC, and daily, by each app's own clock."""

from uuid import UUID

from bitpesa.kernel.database.due_work import do_each
from bitpesa.kernel.database.places import Turns
from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.database.quarantine import Failure
from bitpesa.kernel.database.statements import Connection
from bitpesa.ops.reports import operations, store
from bitpesa.ops.reports.period import Cadence, period_at

TOPIC = "reports"
SECONDS_BETWEEN_LOOKS = 60.0

AT_A_TIME = 100


async def make_due_reports(database: Database, turns: Turns | None = None) -> int:
    """Make the reports whose time has come, in turns between apps; answers for how many periods."""
    turns = turns or Turns()
    async with database.reading() as conn:
        await _keep_schedules(conn)
        due = await store.due(conn, turns.free(AT_A_TIME))
    turns.served([app_id for app_id, _ in due])
    return await do_each(database, TOPIC, due, lambda row: database.run(operations.make_due, *row), failure=_failure)


def _failure(row: tuple[UUID, Cadence], problem: Exception) -> Failure:
    app_id, cadence = row
    return Failure(f"{app_id}/{cadence}", app_id, problem)


async def _keep_schedules(conn: Connection) -> None:
    """Think of new apps, and of those whose clock was moved back. Each statement stands alone, and may be repeated."""
    for app_id, since in await store.apps_without_schedules(conn, AT_A_TIME):
        await store.open_schedules(conn, app_id, [period_at(cadence, since) for cadence in Cadence])
    for app_id, cadence, now in await store.schedules_ahead(conn, AT_A_TIME):
        await store.set_schedule(conn, app_id, period_at(cadence, now))
