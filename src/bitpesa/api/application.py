"""The ASGI application behind `/v1`: from bytes to a call, and from an answer or a refusal to bytes (flows 11.1).

Authentication comes before routing, so that a stranger learns nothing of what is there. There are no redirects: clients
sign the URL they call.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from bitpesa.api import errors
from bitpesa.api.authentication import Authenticator, Caller, Headers, Request
from bitpesa.api.bodies import Bodies, ClientWentAway, Taken
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.call_log import exchange
from bitpesa.api.explanations import Explainer
from bitpesa.api.limits import Tally
from bitpesa.api.links import with_links
from bitpesa.api.refused_calls import RefusedCalls, kept_headers, without_body
from bitpesa.api.routes import Router, routes
from bitpesa.api_support.api_logs.model import Explanation
from bitpesa.api_support.api_logs.model import Headers as WireHeaders
from bitpesa.api_support.idempotency.model import KeyedRequest
from bitpesa.api_support.idempotency.rules import read_request
from bitpesa.api_support.soft_limits.rules import limit_of
from bitpesa.kernel.database.pool import UNREACHABLE, NeedsTransaction
from bitpesa.kernel.problems import Invalid, Kind, Malformed, Problem
from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import new_id, read_id
from bitpesa.wiring import Platform

DEEPEST_JSON = 100
MOST_IN_JSON = 200_000
"""How many values a body may hold: once they are read they take many times their bytes."""

IDEMPOTENCY_KEY = b"idempotency-key"

METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
METHODS_THAT_READ = frozenset({"GET", "HEAD", "OPTIONS"})

# Everything else is read as JSON: some clients name no type, or `text/plain` (contract of the SDKs, 1.7).
NOT_JSON = (b"multipart/", b"application/x-www-form-urlencoded", b"application/xml", b"text/xml", b"text/html")

log = structlog.get_logger()


class Progress(msgspec.Struct):
    """What is known of a request so far."""

    headers: Headers
    body: bytes = b""
    taken: Taken = msgspec.field(default_factory=Taken)
    caller: Caller | None = None


def make_v1(platform: Platform, table: Sequence[Route] | None = None) -> "V1":
    """The API v1 of a deployment; `table` stands in for the operations it has."""
    return V1(platform, Router(routes() if table is None else table))


class V1:
    """Answers requests for `/v1`, with JSON whatever happens."""

    def __init__(self, platform: Platform, router: Router) -> None:
        self._platform = platform
        self._authenticator = Authenticator(platform.database, platform.keys, platform.settings)
        self._explainer = Explainer(platform.database, platform.keys, platform.settings)
        self._router = router
        self._refused = RefusedCalls()
        self._bodies = Bodies(platform.settings.max_body_bytes, platform.settings.max_bodies_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything that is not HTTP is not for us."""
        if scope["type"] != "http":
            return
        progress = Progress(dict(scope["headers"]))
        request_id = _given_id(progress.headers) or new_id()
        with structlog.contextvars.bound_contextvars(request_id=str(request_id)):
            try:
                status, body, headers = await self._answer(scope, receive, str(request_id), progress)
            except ClientWentAway:
                return
            finally:
                self._bodies.let_go(progress.taken)
            fields = _fields(body, (*headers, ("x-request-id", str(request_id))))
            explanation = None
            if status == errors.STATUS[Kind.UNAUTHENTICATED]:
                explanation = await self._explainer.explain(progress.headers, _request(scope, progress))
            self._note(scope, progress, status, body, fields, explanation)
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    def _note(
        self,
        scope: Scope,
        progress: Progress,
        status: int,
        body: bytes,
        fields: WireHeaders,
        explanation: Explanation | None,
    ) -> None:
        """Note the call for the log, when it named a key that we know, rightly or not (flows 11.3)."""
        caller = progress.caller
        if caller is None:
            self._note_refused(scope, progress, status, body, fields, explanation)
            return
        self._platform.journal.note(
            exchange(
                scope,
                origins=self._platform.settings.origins(caller.app.environment),
                app_id=caller.app.id,
                at=caller.at,
                request_body=progress.body,
                status=status,
                response_headers=fields,
                response_body=body,
            )
        )

    def _note_refused(
        self,
        scope: Scope,
        progress: Progress,
        status: int,
        body: bytes,
        fields: WireHeaders,
        explanation: Explanation | None,
    ) -> None:
        """Note a call that named a key that we know and proved nothing: a line without what was sent."""
        named = self._authenticator.remembered(progress.headers)
        if named is None or not self._refused.may_keep(named.key_id):
            return
        noted = exchange(
            scope,
            origins=self._platform.settings.origins(named.environment),
            app_id=named.app_id,
            at=None,
            request_body=without_body(progress.body),
            status=status,
            response_headers=fields,
            response_body=body,
            explanation=explanation,
        )
        self._platform.journal.note(msgspec.structs.replace(noted, request_headers=kept_headers(noted.request_headers)))

    async def _answer(
        self, scope: Scope, receive: Receive, reference: str, progress: Progress
    ) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
        """Answer in bytes, whatever goes wrong: this is the outermost place that can."""
        try:
            return _written(await self._handle(scope, receive, progress))
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

    async def _handle(self, scope: Scope, receive: Receive, progress: Progress) -> Answer:
        headers = progress.headers
        claim = self._authenticator.read_claim(headers)
        progress.body = await self._bodies.read(headers, receive, progress.taken)
        request = _request(scope, progress)
        why = None
        known = self._authenticator.known(claim, request) if self._writes_on_sheet(request, headers) else None
        if known is not None:
            try:
                answer = await self._serve(scope, progress, request, known)
            except NeedsTransaction as need:
                why = need
            except Problem:  # whoever is not let in yet is refused nothing
                why = NeedsTransaction()
            else:
                progress.caller = known
                return answer
        caller = progress.caller = await self._authenticator.authenticate(claim, request)
        return await self._serve(scope, progress, request, caller, why)

    def _writes_on_sheet(self, request: Request, headers: Headers) -> bool:
        return IDEMPOTENCY_KEY not in headers and self._router.writes_on_sheet(request.method, request.raw_path)

    async def _serve(
        self, scope: Scope, progress: Progress, request: Request, caller: Caller, why: NeedsTransaction | None = None
    ) -> Answer:
        """Handle what a caller asks for; `why`: the reason why that was not done on a sheet.

        Raises NeedsTransaction when the caller was not let in, and nothing done.
        """
        route, path_params = self._router.find(caller.app, request.method, request.raw_path)
        scope["route"] = route  # for whoever counts requests, as Starlette's router leaves it
        tally = Tally(self._platform.counter, caller.app, caller.at)
        limit = limit_of(route.method, route.path)
        if limit is not None:
            tally.count(limit)
        content = _json_of(request.method, progress.headers, request.body)
        call = Call(
            app=caller.app,
            key_id=caller.key_id,
            at=caller.at,
            admission=caller.admission,
            why_not_on_sheet=why,
            database=self._platform.database,
            settings=self._platform.settings,
            providers=self._platform.providers,
            files=self._platform.files,
            path_params=path_params,
            query_string=request.query_string,
            body=content,
            raw_body=request.body,
            host=request.host,
            keyed=_keyed(request, scope["headers"], content),
            count_transaction=tally.count_transaction,
        )
        try:
            answer = await route.handler(call)
        except Invalid as refusal:
            if call.admission is not None:
                raise
            # it may show what is stored already, and with it documents
            answer = errors.refusal(refusal, route.path)
        return tally.marked(await with_links(call, answer))


def _request(scope: Scope, progress: Progress) -> Request:
    host = progress.headers.get(b"host", b"")
    return Request(scope["method"], scope["raw_path"], scope["query_string"], progress.body, host)


def _given_id(headers: Headers) -> UUID | None:
    """The id that a proxy or client gave the request, when it is one: the logs of both then call it the same."""
    given = headers.get(b"x-request-id")
    return None if given is None else read_id(given.decode("ascii", "replace"))


def _json_of(method: str, headers: Headers, body: bytes) -> Any:
    """The JSON of a body; the bodies that some clients send along with GET and DELETE mean nothing."""
    if method not in METHODS_WITH_BODY or not body.strip():
        return None
    if headers.get(b"content-type", b"").strip().lower().startswith(NOT_JSON):
        raise errors.WrongContent
    if len(body) > MOST_IN_JSON and json.most_values(body) > MOST_IN_JSON:
        raise errors.TooLarge
    try:
        return json.decode(body, deepest=DEEPEST_JSON)
    except json.NotJson:
        raise Malformed from None


def _keyed(request: Request, fields: WireHeaders, content: Any) -> KeyedRequest | None:
    """What a write is under the key that it came with; reading has no need of one. Raises Malformed."""
    keys = [value for name, value in fields if name == IDEMPOTENCY_KEY]
    if not keys or request.method in METHODS_THAT_READ:
        return None
    return read_request(keys, request.method, request.raw_path, request.query_string, request.body, content)


def _written(answer: Answer) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    return answer.status, answer.written(), answer.headers


def _fields(body: bytes, headers: Sequence[tuple[str, str]]) -> WireHeaders:
    return (
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode()) for name, value in headers),
    )
