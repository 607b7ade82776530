"""The ASGI application behind `/v1`: from bytes to a call, and from an answer or a refusal to bytes (flows 11.1).

Authentication comes before routing, so that a stranger learns nothing of what is there. There are no redirects: clients
sign the URL they call.
"""

import zlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog
from starlette.types import Message, Receive, Scope, Send

from bitpesa.api import errors
from bitpesa.api.authentication import Authenticator, Headers, Request
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.routes import Router, routes
from bitpesa.kernel import json
from bitpesa.kernel.database import UNREACHABLE, Database
from bitpesa.kernel.ids import new_id
from bitpesa.kernel.problems import Malformed, Problem
from bitpesa.organisations.keyring import KeyRing
from bitpesa.providers.registry import Providers
from bitpesa.settings import Settings

DEEPEST_JSON = 100

METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

# Everything else is read as JSON: some clients name no type, or `text/plain` (contract of the SDKs, 1.7).
NOT_JSON = (b"multipart/", b"application/x-www-form-urlencoded", b"application/xml", b"text/xml", b"text/html")

_INFLATE_GZIP = 16 + zlib.MAX_WBITS

log = structlog.get_logger()


class ClientWentAway(Exception):
    """The client hung up before its request was complete: nobody is left to answer."""


def make_v1(
    database: Database,
    keys: KeyRing,
    settings: Settings,
    providers: Providers,
    table: Sequence[Route] | None = None,
) -> "V1":
    """The API v1 over a database; `table` stands in for the operations it has."""
    authenticator = Authenticator(database, keys, settings)
    return V1(database, authenticator, settings, providers, Router(routes() if table is None else table))


class V1:
    """Answers requests for `/v1`, with JSON whatever happens."""

    def __init__(
        self,
        database: Database,
        authenticator: Authenticator,
        settings: Settings,
        providers: Providers,
        router: Router,
    ) -> None:
        self._database = database
        self._authenticator = authenticator
        self._settings = settings
        self._providers = providers
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything that is not HTTP is not for us."""
        if scope["type"] != "http":
            return
        request_id = new_id()
        with structlog.contextvars.bound_contextvars(request_id=str(request_id)):
            try:
                status, body, headers = await self._answer(scope, receive, str(request_id))
            except ClientWentAway:
                return
        await _send(send, status, body, (*headers, ("x-request-id", str(request_id))))

    async def _answer(
        self, scope: Scope, receive: Receive, reference: str
    ) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
        """Answer in bytes, whatever goes wrong: this is the outermost place that can."""
        try:
            return _written(await self._handle(scope, receive))
        except Problem as problem:
            if isinstance(problem, errors.Unauthenticated):
                log.info("api.unauthenticated", reason=problem.message)
            return _written(errors.refusal(problem))
        except ClientWentAway:
            raise
        except UNREACHABLE:
            log.warning("api.database_unreachable", exc_info=True)
            return _written(errors.failure(503, reference))
        except Exception:
            log.exception("api.failed", method=scope["method"], path=scope["path"])
            return _written(errors.failure(500, reference))

    async def _handle(self, scope: Scope, receive: Receive) -> Answer:
        headers: Headers = dict(scope["headers"])
        claim = self._authenticator.read_claim(headers)
        body = await self._read_body(headers, receive)
        request = Request(scope["method"], scope["raw_path"], scope["query_string"], body, headers.get(b"host", b""))
        caller = await self._authenticator.authenticate(claim, request)
        route, path_params = self._router.find(caller.app, request.method, request.raw_path)
        return await route.handler(
            Call(
                app=caller.app,
                key_id=caller.key_id,
                database=self._database,
                settings=self._settings,
                providers=self._providers,
                path_params=path_params,
                query_string=request.query_string,
                body=_json_of(request.method, headers, body),
                raw_body=body,
            )
        )

    async def _read_body(self, headers: Headers, receive: Receive) -> bytes:
        """Read the whole body, undoing its compression: signatures cover what was compressed. Raises TooLarge."""
        limit = self._settings.max_body_bytes
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            raise errors.TooLarge
        body = bytearray()
        async for chunk in _chunks(receive):
            body += chunk
            if len(body) > limit:
                raise errors.TooLarge
        return _inflated(bytes(body), headers.get(b"content-encoding", b"").strip().lower(), limit)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientWentAway
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _inflated(body: bytes, encoding: bytes, limit: int) -> bytes:
    if encoding in (b"", b"identity") or not body:
        return body
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        raise errors.WrongContent
    inflating = zlib.decompressobj(zlib.MAX_WBITS if encoding == b"deflate" else _INFLATE_GZIP)
    try:
        plain = inflating.decompress(body, limit + 1)
    except zlib.error:
        raise Malformed from None
    if len(plain) > limit:
        raise errors.TooLarge
    if not inflating.eof:
        raise Malformed
    return plain


def _json_of(method: str, headers: Headers, body: bytes) -> Any:
    """The JSON of a body; the bodies that some clients send along with GET and DELETE mean nothing."""
    if method not in METHODS_WITH_BODY or not body.strip():
        return None
    if headers.get(b"content-type", b"").strip().lower().startswith(NOT_JSON):
        raise errors.WrongContent
    try:
        return json.decode(body, deepest=DEEPEST_JSON)
    except json.NotJson:
        raise Malformed from None


def _written(answer: Answer) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    body = answer.body if isinstance(answer.body, bytes) else json.encode(answer.body)
    return answer.status, body, answer.headers


async def _send(send: Send, status: int, body: bytes, headers: Sequence[tuple[str, str]]) -> None:
    fields = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode()) for name, value in headers),
    ]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
