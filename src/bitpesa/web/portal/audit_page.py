"""Who did what in an organisation, for its administrators; of what staff did, neutral facts only (decision 0068)."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.tenants.audit_log import queries
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.portal.guards import Visitor, page, render

PAGE_SIZE = 50
LAST_PAGE = 10_000


@page(administrator=True)
async def show(request: Request, visitor: Visitor) -> Response:
    """Show one page of the trail, newest first."""
    platform = platform_of(request)
    asked = request.query_params.get("page", "1")
    number = min(max(int(asked), 1), LAST_PAGE) if asked.isascii() and asked.isdigit() else 1
    async with platform.database.reading() as conn:
        entries, total = await queries.list_for_client(
            conn, visitor.organisation.id, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
        )
    last = max(-(-total // PAGE_SIZE), 1)
    return render(request, visitor, "people/audit.html", entries=entries, total=total, number=number, last=last)
