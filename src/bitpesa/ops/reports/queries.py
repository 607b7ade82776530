"""Questions about the files that were made."""

from collections.abc import AsyncIterator

from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.ops.reports import store
from bitpesa.ops.reports.model import Report, ReportType
from bitpesa.ops.reports.paths import EnvironmentName, ReportPath, name_of, read_path
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App


class ReplacedMeanwhile(Exception):
    """A file was made anew while it was read: what was read already does not belong to what is there now."""


async def list_paths(
    conn: Connection, app: App, type_: ReportType | None = None, environment: EnvironmentName | None = None
) -> list[ReportPath]:
    """The paths of the app's files. An app lives in one environment: there are none of the other."""
    if environment not in (None, name_of(app.environment)):
        return []
    return [path_of(app, report) for report in await store.of_app(conn, app.id, type_)]


async def find_own(conn: Connection, app: App, path: str) -> ReportPath:
    """The path of a file that the app has. Raises NotFound for anything else, other apps' files included."""
    wanted = read_path(path)
    if wanted is None or (wanted.app_id, wanted.environment) != (app.id, name_of(app.environment)):
        raise NotFound
    if await store.find(conn, app.id, wanted.type, wanted.period) is None:
        raise NotFound
    return wanted


async def find(conn: Connection, path: ReportPath) -> Report:
    """The file of a path, for whoever was let in by a link. Raises NotFound, also while the app is disabled."""
    app = await organisations.find_app(conn, path.app_id)
    report = await store.find(conn, path.app_id, path.type, path.period)
    if app is None or app.disabled_at is not None or report is None:
        raise NotFound
    if name_of(app.environment) != path.environment:
        raise NotFound
    return report


async def pieces(database: Database, report: Report) -> AsyncIterator[bytes]:
    """The file, piece by piece. No connection is held between them: clients may be slow. Raises ReplacedMeanwhile."""
    position, left = 0, report.size_bytes
    while left > 0:
        async with database.reading() as conn:
            content = await store.piece(conn, report, position)
        if content is None:
            raise ReplacedMeanwhile
        yield content
        position, left = position + 1, left - len(content)


def path_of(app: App, report: Report) -> ReportPath:
    """What a file of the app is called."""
    return ReportPath(name_of(app.environment), app.id, report.type, report.period)
