"""Refusals and failures as clients see them: the one table from a problem's kind to an HTTP status (flows 11.1)."""

from email.utils import formatdate
from typing import Any

from bitpesa.api.call import Answer
from bitpesa.api.refusal_bodies import echoed
from bitpesa.kernel.problems import Invalid, Kind, Problem
from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import new_id

STATUS = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.NOT_FOUND: 404,
    Kind.METHOD_NOT_ALLOWED: 405,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.WRONG_CONTENT: 415,
    Kind.INVALID: 422,
    Kind.TOO_MANY: 429,
    Kind.BUSY: 503,
}

ERROR = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Unauthenticated(Problem):
    """Unauthorized

    The message is for our log; clients are told nothing about which part failed.
    """

    kind = Kind.UNAUTHENTICATED


class MethodNotAllowed(Problem):
    """Method Not Allowed"""

    kind = Kind.METHOD_NOT_ALLOWED

    def __init__(self, allowed: list[str]) -> None:
        super().__init__()
        self.allowed = allowed


class TooLarge(Problem):
    """Content Too Large"""

    kind = Kind.TOO_LARGE


class WrongContent(Problem):
    """Unsupported Media Type"""

    kind = Kind.WRONG_CONTENT


class TooMany(Problem):
    """Too Many Requests"""

    kind = Kind.TOO_MANY

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class Busy(Problem):
    """Service Unavailable

    Too much is being read already. Nothing of the request was looked at: it can be sent again.
    """

    kind = Kind.BUSY


def refusal(problem: Problem, path: str = "") -> Answer:
    """The answer to a request that was refused; what it echoes goes by the path of its route."""
    status = STATUS[problem.kind]
    if problem.kind is Kind.INVALID:
        return Answer(status, _invalid_body(problem, path))
    return Answer(status, {"status": status, "error": ERROR[status]}, _headers(problem))


def failure(status: int, reference: str) -> Answer:
    """The answer when we failed: the outcome is unknown, the client looks it up; the reference finds it in our log."""
    return Answer(status, {"status": status, "error": ERROR[status], "reference": reference})


def below_http(status: int) -> bytes:
    """The whole answer to what never became a request: clients read it like every other refusal."""
    body = json.encode({"status": status, "error": ERROR[status]})
    lines = (
        f"HTTP/1.1 {status} {ERROR[status]}",
        "content-type: application/json; charset=utf-8",
        f"content-length: {len(body)}",
        f"date: {formatdate(usegmt=True)}",
        f"x-request-id: {new_id()}",
        "connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body


def _invalid_body(problem: Problem, path: str) -> dict[str, Any]:
    if not isinstance(problem, Invalid):
        return {"object": {"errors": {"base": [{"error": problem.message}]}}}
    refused = echoed(path, problem.object)
    return {"object": refused} if problem.meta is None else {"object": refused, "meta": problem.meta}


def _headers(problem: Problem) -> tuple[tuple[str, str], ...]:
    if isinstance(problem, MethodNotAllowed):
        return (("Allow", ", ".join(problem.allowed)),)
    if isinstance(problem, TooMany):
        return (("Retry-After", str(problem.retry_after_seconds)),)
    if isinstance(problem, Busy):
        return (("Retry-After", "1"),)
    return ()
