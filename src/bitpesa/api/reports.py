"""The Reports API: which files there are, and links to them for people and programs without a key (flows 12.1).

Clients know it on a host of its own, `report-engine.*`. To us that is one more origin of the environment, so it is
served at the root of every origin, as that host has it, and under `/v1` like everything else.
"""

from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.origins import origin_called
from bitpesa.api.report_files import FOLDER, report_links
from bitpesa.kernel import clock
from bitpesa.kernel.problems import Malformed
from bitpesa.ops.reports import queries
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.paths import EnvironmentName

T = TypeVar("T", bound=StrEnum)

LINKS_LAST = timedelta(minutes=10)


async def list_available(call: Call) -> Answer:
    """List the files of the app; `type` and `environment` narrow it down."""
    type_, environment = _choice(call, "type", ReportType), _choice(call, "environment", EnvironmentName)
    async with call.database.reading() as conn:
        paths = await queries.list_paths(conn, call.app, type_, environment)
    return Answer(200, {"available_reports": [str(path) for path in paths]})


async def make_link(call: Call) -> Answer:
    """Make a link to a file that opens it for ten minutes without any header."""
    asked = call.body.get("path") if isinstance(call.body, dict) else None
    if not isinstance(asked, str):
        raise Malformed
    async with call.database.reading() as conn:
        path = f"/{FOLDER}/{await queries.find_own(conn, call.app, asked)}"
        ends_at = await clock.now(conn, call.app.id) + LINKS_LAST
    origin = origin_called(call.settings, call.app.environment, call.host)
    link = f"{origin}{path}?{report_links(call.settings).query(path, ends_at)}"
    return Answer(200, {"authenticated_url": link})


def _choice(call: Call, name: str, choices: type[T]) -> T | None:
    """The value of a parameter that must be one of these. Raises Malformed."""
    text = call.query.text(name)
    try:
        return None if text is None else choices(text)
    except ValueError:
        raise Malformed from None


ROUTES = (
    Route("GET", "/reports", list_available, at_root=True),
    Route("POST", "/authenticated_url", make_link, at_root=True),
)
