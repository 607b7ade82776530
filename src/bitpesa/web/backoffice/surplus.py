"""Money that came late, twice or to no use. That it went back to its payer is noted on the transaction's page."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.payments.collections import queries
from bitpesa.web.backoffice.actions import names_of_apps
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.kit.paging import PER, asked

PATH = "/office/surplus"


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List surplus money of all apps, the oldest first."""
    wanted = asked(request)
    async with platform_of(request).database.reading() as conn:
        found, total = await queries.surplus_everywhere(conn, limit=PER, offset=wanted.offset)
        names = await names_of_apps(conn, {each.app_id for each in found})
    return render(request, officer, "office/surplus.html", found=found, names=names, pages=wanted.pages(total))


ROUTES = [Route(PATH, list_all)]
