"""Replacing a lost password by a link in the mail."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.operations import password as operations
from bitpesa.web.kit.answers import device_of, platform_of
from bitpesa.web.kit.forms import links_of, mail_terms, said, text
from bitpesa.web.portal.guards import Stranger, open_page, render


@open_page
async def show(request: Request, stranger: Stranger) -> Response:
    """Ask for the address."""
    return render(request, stranger, "people/lost_password.html")


@open_page
async def ask(request: Request, stranger: Stranger) -> Response:
    """Send a link, if somebody has this address. The page is the same whether or not."""
    platform = platform_of(request)
    email = text(await request.form(), "email")
    await platform.database.run(
        operations.ask_for_link,
        platform.vault,
        email,
        device_of(request),
        links_of(platform.settings),
        mail_terms(platform.settings),
    )
    shows_mail = platform.settings.shows_mail
    return render(request, stranger, "people/look_in_mail.html", email=email, shows_mail=shows_mail, why="password")


@open_page
async def show_link(request: Request, stranger: Stranger) -> Response:
    """Ask for the new password."""
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        email = await queries.address_of_password_link(conn, request.path_params["token"])
    if email is None:
        return render(request, stranger, "people/link_gone.html", status=404, where="/lost-password")
    return render(request, stranger, "people/new_password.html", email=email, errors={})


@open_page
async def replace(request: Request, stranger: Stranger) -> Response:
    """Replace the password, once."""
    platform = platform_of(request)
    token = request.path_params["token"]
    try:
        await operations.replace_lost(
            platform.database,
            platform.passwords,
            platform.vault,
            token,
            text(await request.form(), "password"),
            links_of(platform.settings),
        )
    except NotFound:
        return render(request, stranger, "people/link_gone.html", status=404, where="/lost-password")
    except Invalid as refusal:
        async with platform.database.reading() as conn:
            email = await queries.address_of_password_link(conn, token)
        return render(
            request, stranger, "people/new_password.html", status=422, email=email or "", errors=said(refusal)
        )
    return render(request, stranger, "people/password_replaced.html")
