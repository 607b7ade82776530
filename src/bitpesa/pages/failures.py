"""What both sites answer where no page does: as the API, in JSON, since it may be a program that asks."""

from collections.abc import Mapping
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bitpesa.kernel.ids import new_id

log = structlog.get_logger()


def exception_handlers(failed_event: str) -> Mapping[Any, Any]:
    """For starlette: paths and methods that are not there, and faults, which the log has as this event."""

    async def failed(request: Request, problem: Exception) -> Response:
        reference = str(new_id())
        log.error(failed_event, reference=reference, path=request.url.path, exc_info=problem)
        return JSONResponse({"status": 500, "error": "Internal Server Error", "reference": reference}, 500)

    return {404: _not_found, 405: _method_not_allowed, 500: failed}


async def _not_found(_request: Request, _problem: Exception) -> Response:
    return JSONResponse({"status": 404, "error": "Not Found"}, 404)


async def _method_not_allowed(_request: Request, problem: Exception) -> Response:
    return JSONResponse({"status": 405, "error": "Method Not Allowed"}, 405, getattr(problem, "headers", None))
