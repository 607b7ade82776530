"""The due work of reports: on the first day of the next month at 02:00 UTC, and daily, by each app's own clock."""

from bitpesa.kernel.database import Database
from bitpesa.kernel.due_work import do_each
from bitpesa.kernel.statements import Connection
from bitpesa.reports import operations, store
from bitpesa.reports.period import Cadence, period_at

TOPIC = "reports"
SECONDS_BETWEEN_LOOKS = 60.0

AT_A_TIME = 100


async def make_due_reports(database: Database) -> int:
    """Make the reports whose time has come; answers for how many periods."""
    async with database.reading() as conn:
        await _keep_schedules(conn)
        due = await store.due(conn, AT_A_TIME)
    return await do_each(TOPIC, due, lambda row: database.run(operations.make_due, *row))


async def _keep_schedules(conn: Connection) -> None:
    """Think of new apps, and of those whose clock was moved back. Each statement stands alone, and may be repeated."""
    for app_id, since in await store.apps_without_schedules(conn, AT_A_TIME):
        await store.open_schedules(conn, app_id, [period_at(cadence, since) for cadence in Cadence])
    for app_id, cadence, now in await store.schedules_ahead(conn, AT_A_TIME):
        await store.set_schedule(conn, app_id, period_at(cadence, now))
