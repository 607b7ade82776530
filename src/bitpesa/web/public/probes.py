"""Whether a process is alive, and whether it is ready: what load balancers and supervisors ask, without a key."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bitpesa.kernel.database.pool import UNREACHABLE
from bitpesa.schema.migrate import SchemaTooNew, SchemaTooOld, require_current_on
from bitpesa.web.kit.answers import platform_of


async def healthy(request: Request) -> Response:
    """Whether this process answers and reaches its database."""
    platform = platform_of(request)
    try:
        async with platform.database.reading() as conn:
            await conn.fetchval("select 1")
    except UNREACHABLE:
        return _unavailable("database")
    return JSONResponse({"status": 200})


async def ready(request: Request) -> Response:
    """Whether requests may be sent here: the database answers, and has the schema of this release."""
    platform = platform_of(request)
    try:
        async with platform.database.reading() as conn:
            await require_current_on(conn)
    except UNREACHABLE:
        return _unavailable("database")
    except (SchemaTooOld, SchemaTooNew):
        return _unavailable("schema")
    return JSONResponse({"status": 200})


def _unavailable(what: str) -> Response:
    return JSONResponse({"status": 503, "error": "Service Unavailable", "because": what}, 503)


ROUTES = (Route("/healthz", healthy), Route("/readyz", ready))
