"""A call as a handler gets it, the answer it gives back, and the route that brings the two together."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import unquote_to_bytes
from uuid import UUID

import msgspec

from bitpesa.api_support.idempotency.model import KeptAnswer, KeyedRequest
from bitpesa.api_support.idempotency.operations import once
from bitpesa.kernel.database.pool import Database, NeedsTransaction, Work
from bitpesa.kernel.problems import Malformed
from bitpesa.kernel.values import json
from bitpesa.payments.documents.upload_intake import Files
from bitpesa.rails.providers.registry import Providers
from bitpesa.settings import Settings
from bitpesa.tenants.organisations.model import Admission, App
from bitpesa.tenants.organisations.operations import admit

P = ParamSpec("P")
T = TypeVar("T")

REPLAYED = ("Idempotency-Replayed", "true")

_INDEX = re.compile(r"\[\d*\]$")
_PACKED = re.compile(r"0=[^&]*(?:&\d+=[^&]*)*")


class Query:
    """The query string, read as all the SDKs write it (flows 11.2).

    An empty value counts as absent, `+` and `%20` are both a space, and parameters nobody asks for are passed over.
    """

    def __init__(self, raw: bytes) -> None:
        self._values: dict[str, list[str]] = {}
        for pair in raw.split(b"&"):
            name, _, value = pair.partition(b"=")
            text = _decoded(value)
            if text:
                self._values.setdefault(_INDEX.sub("", _decoded(name)), []).append(text)

    def text(self, name: str) -> str | None:
        """The value of a parameter; the last one when it is repeated."""
        values = self._values.get(name)
        return values[-1] if values else None

    def texts(self, name: str) -> list[str]:
        """All values of a parameter: `k=a&k=b`, `k[]=a&k[]=b`, a single `k=a`, or PHP's packed `k=0%3Da%261%3Db`."""
        return [text for value in self._values.get(name, []) for text in _unpacked(value)]


class Call(msgspec.Struct, kw_only=True, dict=True):
    """One authenticated request: who asks, and for what."""

    app: App
    key_id: UUID
    at: datetime
    """The time of the app when it was let in."""
    admission: Admission | None = None
    """What is still to be written to let it in, along with what it writes; None when it was let in."""
    why_not_on_sheet: NeedsTransaction | None = None
    """Why it was not let in that way and is handled again."""
    database: Database
    settings: Settings
    files: Files
    providers: Providers = Providers()
    path_params: Mapping[str, str]
    query_string: bytes = b""
    body: Any = None
    """The JSON that was sent; None when nothing was."""
    raw_body: bytes = b""
    host: bytes = b""
    keyed: KeyedRequest | None = None
    """What the request is under its `Idempotency-Key`; None when it came without one."""
    count_transaction: Callable[[UUID, datetime], None] = lambda _id, _created_at: None
    """Counts a look at a transaction against the limits of the app."""

    async def write(
        self,
        render: "Callable[[T], Answer]",
        operation: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> "Answer":
        """Run an operation as one transaction and render what it answers; under an `Idempotency-Key` once.

        Every write goes through here or through `write_on_sheet`. Without the header it costs nothing more than the
        operation itself. Raises NeedsTransaction while the call is not let in.
        """
        self.require_let_in()
        if self.keyed is None:
            return render(await self.database.run(operation, *args, **kwargs))
        return await self._write_once(self.keyed, render, operation, *args, **kwargs)

    async def write_on_sheet(
        self,
        render: "Callable[[T], Answer]",
        operation: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> "Answer":
        """The same for what is asked for often, and may share a statement and a commit with others.

        A call that is not let in yet is let in by the same statement, or NeedsTransaction is raised.
        """
        database, whose, why = self.database, self.app.id, self.why_not_on_sheet
        if self.admission is not None:
            run = _admitting(self.admission, operation)
            return render(await database.try_on_sheet(whose, run, *args, **kwargs))
        if self.keyed is not None:
            return await self._write_once(self.keyed, render, operation, *args, **kwargs)
        if why is not None:
            return render(await database.run_after_sheet(whose, why, operation, *args, **kwargs))
        return render(await database.run_on_sheet(whose, operation, *args, **kwargs))

    def require_let_in(self) -> None:
        """For what is done beside a sheet. Raises NeedsTransaction while the call is not let in."""
        if self.admission is not None:
            raise NeedsTransaction

    async def _write_once(
        self,
        asked: KeyedRequest,
        render: "Callable[[T], Answer]",
        operation: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> "Answer":

        async def effect(work: Work) -> KeptAnswer:
            return render(await operation(work, *args, **kwargs)).kept()

        async def write_once(work: Work) -> tuple[KeptAnswer, bool]:
            return await once(work, self.app.id, asked, effect)

        kept, replayed = await self.database.run(write_once)
        return Answer(kept.status, kept.body, (REPLAYED,) if replayed else ())

    @cached_property
    def query(self) -> Query:
        """The query string. Raises Malformed when it is no text."""
        return Query(self.query_string)

    def wrapped(self, name: str) -> dict[str, Any]:
        """The object under the request's wrapper key. Raises Malformed."""
        value = self._under(name)
        if not isinstance(value, dict):
            raise Malformed
        return value

    def wrapped_list(self, name: str) -> list[dict[str, Any]]:
        """The objects under the wrapper key where clients may send one or several. Raises Malformed."""
        value = self._under(name)
        objects = value if isinstance(value, list) else [value]
        if not all(isinstance(obj, dict) for obj in objects):
            raise Malformed
        return objects

    def wrapped_or_bare(self, name: str) -> dict[str, Any]:
        """The object under the wrapper key, or the whole body where there is none: SDKs do both. Raises Malformed."""
        if isinstance(self.body, dict) and name not in self.body:
            return self.body
        return self.wrapped(name)

    def _under(self, name: str) -> Any:
        if not isinstance(self.body, dict):
            raise Malformed
        return self.body.get(name)


class Answer(msgspec.Struct, frozen=True):
    """What a handler answers: a status and JSON, as data or already written."""

    status: int
    body: dict[str, Any] | bytes
    headers: tuple[tuple[str, str], ...] = ()
    app_id: UUID | None = None
    """The app that the caller's key speaks for from now on, when that is another one."""

    def written(self) -> bytes:
        """The body in bytes."""
        return self.body if isinstance(self.body, bytes) else json.encode(self.body)

    def kept(self) -> KeptAnswer:
        """What is kept of it, to be answered again."""
        return KeptAnswer(self.status, self.written(), self.app_id)


Handler = Callable[[Call], Awaitable[Answer]]


class Route(msgspec.Struct, frozen=True):
    """One operation of the API: `path` is what follows `/v1`, with `{parameters}`. Live has no `sandbox_only` ones.

    Those that are `at_root` answer without `/v1` as well. Those that write `on_sheet` do nothing else, so that a caller
    who is remembered can be let in by the statement that writes.
    """

    method: str
    path: str
    handler: Handler
    sandbox_only: bool = False
    at_root: bool = False
    on_sheet: bool = False
    name: str = ""


def _admitting(
    admission: Admission, operation: Callable[Concatenate[Work, P], Awaitable[T]]
) -> Callable[Concatenate[Work, P], Awaitable[T]]:
    """An operation that lets its caller in first."""

    async def both(work: Work, /, *args: P.args, **kwargs: P.kwargs) -> T:
        await admit(work, admission)
        return await operation(work, *args, **kwargs)

    return both


def _decoded(raw: bytes) -> str:
    """Undo percent-encoding. Raises Malformed for what no text column can hold."""
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise Malformed from None
    if "\x00" in text:
        raise Malformed
    return text


def _unpacked(value: str) -> list[str]:
    """PHP packs a list into one value and encodes its items once more; anything else is one item."""
    if not _PACKED.fullmatch(value):
        return [value]
    items = [_decoded(item.partition("=")[2].encode()) for item in value.split("&")]
    return [item for item in items if item]
