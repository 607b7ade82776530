"""Signing up, and the link in the mail that makes somebody a user."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import Invalid
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.operations import sign_up as operations
from bitpesa.web.kit.answers import device_of, go, platform_of
from bitpesa.web.kit.cookies import set_token
from bitpesa.web.kit.forms import links_of, lock_terms, mail_terms, said, text, texts
from bitpesa.web.portal.guards import ENROL, Stranger, open_page, render


@open_page
async def show(request: Request, stranger: Stranger) -> Response:
    """Ask who wants to sign up."""
    return render(request, stranger, "people/sign_up.html", given={}, errors={})


@open_page
async def sign_up(request: Request, stranger: Stranger) -> Response:
    """Send a link to whoever signs up. The page afterwards is the same whether the address is known or not."""
    platform = platform_of(request)
    given = await texts(request, "name", "email")
    wanted = operations.Wanted(given["name"], given["email"], text(await request.form(), "password"))
    try:
        email = await operations.sign_up(
            platform.database,
            platform.passwords,
            platform.vault,
            wanted,
            device_of(request),
            links_of(platform.settings),
            mail_terms(platform.settings),
        )
    except Invalid as refusal:
        return render(request, stranger, "people/sign_up.html", status=422, given=given, errors=said(refusal))
    shows_mail = platform.settings.shows_mail
    return render(request, stranger, "people/look_in_mail.html", email=email, shows_mail=shows_mail, why="sign-up")


@open_page
async def show_link(request: Request, stranger: Stranger) -> Response:
    """Ask for the password that was chosen, which the link alone does not know."""
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        email = await queries.sign_up_of_link(conn, request.path_params["token"])
    if email is None:
        return render(request, stranger, "people/link_gone.html", status=404, where="/sign-up")
    return render(request, stranger, "people/confirm_address.html", email=email, failed=False)


@open_page
async def confirm(request: Request, stranger: Stranger) -> Response:
    """Make the user, and go on to its authenticator."""
    platform = platform_of(request)
    token = request.path_params["token"]
    password = text(await request.form(), "password")
    session_token = await operations.confirm(
        platform.database,
        platform.passwords,
        token,
        password,
        device_of(request),
        lock_terms(platform.settings),
    )
    if session_token is not None:
        answer = go(request, ENROL)
        set_token(answer, platform.settings, session_token)
        return answer
    async with platform.database.reading() as conn:
        email = await queries.sign_up_of_link(conn, token)
    if email is None:
        return render(request, stranger, "people/link_gone.html", status=404, where="/sign-up")
    return render(request, stranger, "people/confirm_address.html", status=422, email=email, failed=True)
