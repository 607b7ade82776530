"""The ASGI application behind `/v1`: from bytes to a call, and from an answer or a refusal to bytes (flows 11.1).

Authentication comes before routing, so that a stranger learns nothing of what is there. There are no redirects: clients
sign the URL they call.
"""

import zlib
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import structlog
from starlette.types import Message, Receive, Scope, Send

from bitpesa.api import errors
from bitpesa.api.authentication import Authenticator, Headers, Request
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.routes import Router, routes
from bitpesa.kernel import json
from bitpesa.kernel.database import Database
from bitpesa.kernel.ids import new_id
from bitpesa.kernel.problems import Malformed, Problem
from bitpesa.organisations.keyring import KeyRing
from bitpesa.settings import Settings

DEEPEST_JSON = 100

METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

_INFLATE_GZIP = 16 + zlib.MAX_WBITS

# Losing the connection in the middle of a transaction shows as an InterfaceError of its clean-up.
_UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)

log = structlog.get_logger()


class ClientWentAway(Exception):
    """The client hung up before its request was complete: nobody is left to answer."""


def make_v1(database: Database, keys: KeyRing, settings: Settings, table: Sequence[Route] | None = None) -> "V1":
    """The API v1 over a database; `table` stands in for the operations it has."""
    authenticator = Authenticator(database, keys, settings)
    return V1(database, authenticator, settings, Router(routes() if table is None else table))


class V1:
    """Answers requests for `/v1`, with JSON whatever happens."""

    def __init__(self, database: Database, authenticator: Authenticator, settings: Settings, router: Router) -> None:
        self._database = database
        self._authenticator = authenticator
        self._settings = settings
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
        except _UNREACHABLE as problem:
            if isinstance(problem, asyncpg.DataError):
                ...
            log.warning("api.database_unreachable", exc_info=True)
            return _written(errors.failure(503, reference))
        except ClientWentAway:
            raise
        except Exception:
            log.exception("api.failed", method=scope["method"], path=scope["path"])
            return _written(errors.failure(500, reference))
