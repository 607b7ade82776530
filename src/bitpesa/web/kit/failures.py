"""What both sites answer where no page does: a page to a browser, and JSON, as the API's, to a program."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bitpesa.kernel.values.ids import new_id
from bitpesa.web.kit.answers import shown

log = structlog.get_logger()


def exception_handlers(failed_event: str) -> Mapping[Any, Any]:
    """For starlette: paths and methods that are not there, and faults, which the log has as this event."""

    async def failed(request: Request, problem: Exception) -> Response:
        reference = str(new_id())
        log.error(failed_event, reference=reference, path=request.url.path, exc_info=problem)
        return answer(request, 500, reference=reference)

    return {404: _not_found, 405: _method_not_allowed, 500: failed}


def answer(request: Request, status: int, *, reference: str | None = None, **headers: str) -> Response:
    """Say that there is no such thing here, or that we failed: to browsers as a page, to others in JSON."""
    error = HTTPStatus(status).phrase
    if takes_html(request):
        values = {"status": status, "error": error, "reference": reference}
        page = shown(request, "failure.html", values, status=status)
        page.headers.update(headers)
        return page
    body = {"status": status, "error": error, **({} if reference is None else {"reference": reference})}
    return JSONResponse(body, status, headers)


def takes_html(request: Request) -> bool:
    """Whether it is a browser that asks: what programs send names HTML nowhere."""
    return any(
        each.partition(";")[0].strip().lower() == "text/html" for each in request.headers.get("accept", "").split(",")
    )


async def _not_found(request: Request, _problem: Exception) -> Response:
    return answer(request, 404)


async def _method_not_allowed(request: Request, problem: Exception) -> Response:
    return answer(request, 405, **(getattr(problem, "headers", None) or {}))
