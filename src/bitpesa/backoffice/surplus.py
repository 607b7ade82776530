"""Money that came late, twice or to no use. That it went back to its payer is noted on the transaction's page."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.backoffice.acts import names_of_apps
from bitpesa.backoffice.visitor import Officer, page, render
from bitpesa.collections import queries
from bitpesa.pages.answers import platform_of

PATH = "/office/surplus"

MOST_SHOWN = 100


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List surplus money of all apps, the oldest first."""
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.surplus_everywhere(conn, limit=MOST_SHOWN)
        names = await names_of_apps(conn, {each.app_id for each in found})
    return render(request, officer, "office/surplus.html", found=found, names=names, total=total)


ROUTES = [Route(PATH, list_all)]
