"""The back office as one ASGI application, served below /office."""

from pathlib import Path
from types import ModuleType

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bitpesa.backoffice import (
    account,
    balances,
    books,
    home,
    log_in,
    mandates,
    menu,
    organisations,
    payments,
    payouts,
    rates,
    senders,
    staff,
    surplus,
    trail,
    users,
)
from bitpesa.backoffice.site import SITE
from bitpesa.kernel.ids import new_id
from bitpesa.pages.answers import templates
from bitpesa.wiring import Platform

HERE = Path(__file__).parent

_PAGES: tuple[ModuleType, ...] = (
    home,
    log_in,
    senders,
    payments,
    payouts,
    mandates,
    surplus,
    organisations,
    users,
    balances,
    rates,
    books,
    trail,
    staff,
    account,
)

log = structlog.get_logger()


def make_office(platform: Platform) -> Starlette:
    """The back office of a deployment. Its look is in the portal's folder of static files."""
    office = Starlette(
        routes=[route for page in _PAGES for route in page.ROUTES],
        exception_handlers={404: _not_found, 405: _method_not_allowed, 500: _failed},
    )
    office.state.platform = platform
    office.state.pages = templates(HERE / "templates", SITE)
    office.state.pages.env.globals["menu_of"] = menu.menu_of
    return office


async def _not_found(_request: Request, _problem: Exception) -> Response:
    return JSONResponse({"status": 404, "error": "Not Found"}, 404)


async def _method_not_allowed(_request: Request, problem: Exception) -> Response:
    allowed = getattr(problem, "headers", None)
    return JSONResponse({"status": 405, "error": "Method Not Allowed"}, 405, allowed)


async def _failed(request: Request, problem: Exception) -> Response:
    reference = str(new_id())
    log.error("office.failed", reference=reference, path=request.url.path, exc_info=problem)
    return JSONResponse({"status": 500, "error": "Internal Server Error", "reference": reference}, 500)
