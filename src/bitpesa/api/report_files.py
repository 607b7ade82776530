"""The files of reports, for whoever holds a link to one: nobody is asked for a key here (flows 12.1)."""

from collections.abc import Iterator
from urllib.parse import unquote

import structlog
from starlette.types import Receive, Scope, Send

from bitpesa.kernel import clock
from bitpesa.kernel.crypto.signed_links import SignedLinks
from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import new_id
from bitpesa.ops.reports import queries
from bitpesa.ops.reports.model import Report
from bitpesa.ops.reports.paths import ReportPath, read_path
from bitpesa.settings import Settings

FOLDER = "report_files"
"""The first segment of every link."""

_ERRORS = {
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

log = structlog.get_logger()


class LinkEnded(Exception):
    """The link was ours, and its time is over."""


def report_links(settings: Settings) -> SignedLinks:
    """Links to reports."""
    return SignedLinks(settings.master_keys, "reports")


class ReportFiles:
    """Answers requests for `/report_files`."""

    def __init__(self, database: Database, links: SignedLinks) -> None:
        self._database = database
        self._links = links

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request: with the file, or with a refusal in JSON."""
        if scope["type"] != "http":
            return
        if scope["method"] not in ("GET", "HEAD"):
            await _refuse(send, 405, (b"allow", b"GET, HEAD"))
            return
        try:
            path, report = await self._find(scope)
        except NotFound:
            await _refuse(send, 404)
        except LinkEnded:
            await _refuse(send, 403)
        except UNREACHABLE:
            log.warning("report_files.database_unreachable", exc_info=True)
            await _refuse(send, 503)
        except Exception:
            log.exception("report_files.failed", path=scope["path"])
            await _refuse(send, 500)
        else:
            await self._send(send, path, report, body=scope["method"] == "GET")

    async def _find(self, scope: Scope) -> tuple[ReportPath, Report]:
        """Find the file of a link. Nothing is looked up before the signature is checked. Raises NotFound, LinkEnded."""
        path = unquote(scope["raw_path"].decode("latin-1"))
        ends_at = self._links.end_of(path, scope["query_string"])
        named = read_path(path.removeprefix(f"/{FOLDER}/"))
        if ends_at is None or named is None:
            raise NotFound
        async with self._database.reading() as conn:
            if await clock.now(conn, named.app_id) >= ends_at:
                raise LinkEnded
            return named, await queries.find(conn, named)

    async def _send(self, send: Send, path: ReportPath, report: Report, *, body: bool) -> None:
        """Send the file piece by piece. Should it fail on the way, the server hangs up and the client knows."""
        await send({"type": "http.response.start", "status": 200, "headers": list(_headers(path, report))})
        if body:
            async for content in queries.pieces(self._database, report):
                await send({"type": "http.response.body", "body": content, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _headers(path: ReportPath, report: Report) -> Iterator[tuple[bytes, bytes]]:
    yield b"content-type", b"text/csv; charset=utf-8; header=present"
    yield b"content-length", str(report.size_bytes).encode()
    yield b"content-disposition", f'attachment; filename="{path.file_name}"'.encode()
    yield b"cache-control", b"private, no-store"
    yield b"referrer-policy", b"no-referrer"
    yield b"x-content-type-options", b"nosniff"


async def _refuse(send: Send, status: int, *more: tuple[bytes, bytes]) -> None:
    body = json.encode({"status": status, "error": _ERRORS[status]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-request-id", str(new_id()).encode()),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
