"""A call as the log notes it: what came over the wire, and what went back (flows 11.3)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from starlette.types import Scope

from bitpesa.api_support.api_logs.model import Exchange, Explanation, Headers
from bitpesa.kernel.values.ids import new_id

OWN_PATH = b"/api_logs"

NOT_REPEATED = "[the log is not repeated in the log]"


def exchange(
    scope: Scope,
    *,
    origins: Sequence[str],
    app_id: UUID,
    at: datetime | None,
    request_body: bytes | str,
    status: int,
    response_headers: Headers,
    response_body: bytes,
    explanation: Explanation | None = None,
) -> Exchange:
    """Put together what the log keeps of a call. A list of the log within the log would grow with every look at it."""
    headers = tuple((bytes(name), bytes(value)) for name, value in scope["headers"])
    return Exchange(
        id=new_id(),
        app_id=app_id,
        at=at,
        method=scope["method"],
        url=_url(scope, origins),
        request_headers=headers,
        request_body=request_body,
        status=status,
        response_headers=response_headers,
        response_body=NOT_REPEATED if OWN_PATH in scope["raw_path"] else response_body,
        explanation=explanation,
    )


def _url(scope: Scope, origins: Sequence[str]) -> str:
    """The whole URL, under the origin that the client named, or else under the first: the host may be anything."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    origin = next((each for each in origins if each.partition("://")[2].lower() == host), next(iter(origins), ""))
    target: bytes = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    return origin + target.decode("utf-8", "replace")
