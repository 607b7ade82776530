"""The mail that a sandbox without a mail server would have sent. Its links log people in: nobody else shows it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.tenants.mail.transports.mailbox import newest
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.portal.guards import Stranger, open_page, render
from bitpesa.web.portal.mail_links import with_links


@open_page
async def show(request: Request, stranger: Stranger) -> Response:
    """Show the mail kept last, newest first."""
    platform = platform_of(request)
    if not platform.settings.shows_mail:
        raise HTTPException(404)
    async with platform.database.reading() as conn:
        kept = await newest(conn)
    letters = [(each, with_links(each.text, platform.settings.portal)) for each in kept]
    return render(request, stranger, "people/mail.html", letters=letters)
