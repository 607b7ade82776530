"""The due work of documents: fetching files that lie elsewhere, and sweeping away those that nobody claimed."""

import asyncio
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self
from uuid import UUID

import msgspec
import structlog

from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.due_work import do_each, failure_of_pair
from bitpesa.kernel.database.places import Free, Places, Turns
from bitpesa.kernel.database.pool import UNREACHABLE, Database, Work
from bitpesa.kernel.database.quarantine import Failure
from bitpesa.kernel.outbound.http_client import Delivered, Failed, OutboundHttp, Refused, TimedOut
from bitpesa.payments.documents import rules, store
from bitpesa.payments.documents.model import Document
from bitpesa.payments.documents.operations import TOPIC
from bitpesa.payments.documents.upload_intake import Files, remove_file
from bitpesa.payments.documents.uploads import content_type_of, usual_spelling
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App

TOPIC_UNCLAIMED = "unclaimed_files"

FETCHES_AT_A_TIME = 16
SWEPT_AT_A_TIME = 100
UNCLAIMED_FOR = timedelta(hours=1)
"""Longer than any request takes."""
LEASE_MARGIN = timedelta(seconds=60)
CONNECT_SECONDS = 5
MAY_CHANGE = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which it is worth asking again."""

log = structlog.get_logger()


OF_ONE_FILE = (PermissionError, IsADirectoryError, NotADirectoryError)
"""What is wrong with a file rather than with the database, though both are errors of the system."""


class UnremovableFile(Exception):
    """A file cannot be taken away."""


class Found(msgspec.Struct, frozen=True):
    """A file that was fetched."""

    data: bytes
    content_type: str


class NotFound(msgspec.Struct, frozen=True):
    """A file that could not be fetched, and whether that may change."""

    problem: str
    may_change: bool = False


class Fetcher:
    """Fetches files that lie elsewhere: several at a time, each on its own, so that a slow host delays nobody else."""

    def __init__(self, database: Database, http: OutboundHttp, files: Files) -> None:
        self._database = database
        self._http = http
        self._files = files
        self._lease = timedelta(seconds=files.fetch_seconds) + LEASE_MARGIN
        self._places = Places(FETCHES_AT_A_TIME)
        self._turns = Turns()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of everything at once: what was under way is due again when its lease ends."""
        await self._places.close(0)

    async def fetch(self) -> int:
        """Claim files that are due and begin to fetch them; answers how many."""
        await self._places.wait_until_free()
        free = self._places.room(self._turns)
        claimed = await quarantine.claim(self._database, TOPIC, _claim, free, self._lease)
        self._turns.served({each.app_id for each in claimed})
        for document in claimed:
            self._places.start(document.app_id, self._fetch(document), partial(_end, document))
        return len(claimed)

    async def finish(self) -> None:
        """Wait until everything that was claimed is here, or is not to be had."""
        await self._places.finish()

    async def _fetch(self, document: Document) -> None:
        try:
            await _fetch_one(self._database, self._http, self._files, document)
        except UNREACHABLE:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
            await quarantine.put(self._database, TOPIC, [Failure(str(document.id), document.app_id, problem)])


def _end(document: Document, done: "asyncio.Task[None]") -> None:
    problem = None if done.cancelled() else done.exception()
    if problem is not None:
        log.warning("documents.fetch_interrupted", document_id=str(document.id), problem=repr(problem))


async def sweep_files(database: Database, files: Files, age: timedelta = UNCLAIMED_FOR) -> int:
    """Take away files whose request ended without a document; answers how many."""
    async with database.reading() as conn:
        stale = await store.claim_stale_files(conn, age, SWEPT_AT_A_TIME)

    async def sweep(row: tuple[UUID, UUID]) -> bool:
        try:
            await remove_file(database, files, *row)
        except OF_ONE_FILE as problem:
            raise UnremovableFile(str(problem)) from problem
        return True

    return await do_each(database, TOPIC_UNCLAIMED, stale, sweep, failure=failure_of_pair)


def judge(outcome: Delivered | TimedOut | Failed | Refused, largest_bytes: int) -> Found | NotFound:
    """What a call for a file came to. What it is said to be counts only where something is said."""
    match outcome:
        case Delivered(status=200, headers=headers, body=body):
            return _judge_body(headers, body, largest_bytes)
        case Delivered(status=status):
            return NotFound("invalid", may_change=status in MAY_CHANGE)
        case TimedOut() | Failed():
            return NotFound("invalid", may_change=True)
        case Refused():
            return NotFound("invalid")


def _judge_body(headers: dict[str, str], body: bytes, largest_bytes: int) -> Found | NotFound:
    if len(body) > largest_bytes:
        return NotFound("too_long")
    if not body:
        return NotFound("blank")
    content_type = content_type_of(body)
    if content_type is None:
        return NotFound("inclusion")
    declared = usual_spelling(next((value for name, value in headers.items() if name.lower() == "content-type"), ""))
    if declared not in ("", "application/octet-stream", "binary/octet-stream", content_type):
        return NotFound("invalid")
    return Found(body, content_type)


async def _claim(work: Work, free: Free, lease: timedelta) -> list[Document]:
    return await store.claim_fetches(work.conn, free, lease)


async def _fetch_one(database: Database, http: OutboundHttp, files: Files, document: Document) -> None:
    async with database.reading() as conn:
        app = await organisations.find_app(conn, document.app_id)
    if app is None or document.source_url is None:
        raise AssertionError("a claimed document belongs to an app and lies elsewhere")
    outcome = await http.get(
        document.source_url,
        {"Accept": "image/png, image/jpeg, application/pdf"},
        connect_seconds=CONNECT_SECONDS,
        total_seconds=files.fetch_seconds,
        most_bytes=files.largest_bytes + 1,
        allow_private=files.may_be_private(app),
    )
    found = judge(outcome, files.largest_bytes)
    if isinstance(found, Found):
        await files.shelf.keep(document.app_id, document.id, found.data)
    async with database.work() as work:
        await _note(work, app, document, found)


async def _note(work: Work, app: App, document: Document, found: Found | NotFound) -> None:
    if isinstance(found, Found):
        await store.note_fetched(work.conn, app.id, document.id, found.content_type, len(found.data))
        return
    wait = rules.wait_after(document.fetches) if found.may_change else None
    if wait is None:
        log.info("documents.not_fetched", document_id=str(document.id), problem=found.problem)
        await store.note_not_fetched(work.conn, app.id, document.id, found.problem)
    else:
        await store.fetch_again(work.conn, app.id, document.id, wait)
