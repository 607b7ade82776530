"""Logging in to the back office: as to the portal, with accounts, a cookie and sessions of its own."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.crypto.one_time_codes import enrolment_uri
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.model import UserKind
from bitpesa.tenants.users.operations import authenticator, passkeys, password, session
from bitpesa.tenants.users.operations import log_in as operations
from bitpesa.web.backoffice.guards import (
    Halfway,
    Officer,
    Stranger,
    Throttled,
    code_page,
    halfway_page,
    is_signed_in,
    open_page,
    page,
    render,
)
from bitpesa.web.backoffice.site import CONFIRM, ENROL, GIVE_CODE, HOME, LOG_IN, LOG_OUT, PASSWORD, links_of
from bitpesa.web.kit import second_factor
from bitpesa.web.kit.answers import device_of, go, platform_of
from bitpesa.web.kit.cookies import OFFICE as COOKIE
from bitpesa.web.kit.cookies import forget_token, set_token
from bitpesa.web.kit.forms import lock_terms, said, text
from bitpesa.web.kit.next_page import safe_next, with_next
from bitpesa.web.kit.qr_codes import in_groups, qr_code

ISSUER = "bitpesa office"


@open_page
async def show(request: Request, stranger: Stranger) -> Response:
    """Ask for e-mail and password."""
    wanted = _next(request.query_params.get("next"))
    if await is_signed_in(request):
        return go(request, wanted)
    return render(request, stranger, "people/log_in.html", email="", failed=False, next=wanted)


@open_page
async def log_in(request: Request, stranger: Stranger) -> Response:
    """Check them; right ones open nothing but the next step. While a lock is on, the next step tells."""
    platform = platform_of(request)
    form = await request.form()
    email, wanted = text(form, "email"), _next(form.get("next"))
    token = await operations.log_in(
        platform.database,
        platform.passwords,
        email,
        text(form, "password"),
        device_of(request),
        lock_terms(platform.settings),
        UserKind.STAFF,
    )
    if token is None:
        minutes = round(platform.settings.log_in_lock_seconds / 60)
        return render(
            request, stranger, "people/log_in.html", status=422, email=email, failed=True, minutes=minutes, next=wanted
        )
    return _with_token(request, go(request, with_next(GIVE_CODE, wanted, HOME)), token)


@code_page
async def show_code(request: Request, halfway: Halfway | Throttled) -> Response:
    """Ask for a code, or a passkey."""
    wanted = _next(request.query_params.get("next"))
    if isinstance(halfway, Throttled):
        return _asked_throttled(request, halfway, wanted)
    if not halfway.user.has_second_factor:
        return go(request, with_next(ENROL, wanted, HOME))
    return await _asked(request, halfway, "people/code.html", wanted)


@code_page
async def give_code(request: Request, halfway: Halfway | Throttled) -> Response:
    """Check a code or a passkey; a right one opens the office."""
    wanted = _next((await request.form()).get("next"))
    if isinstance(halfway, Throttled):
        token = await second_factor.checked_with_password(request, halfway.token)
        if token is None:
            return _asked_throttled(request, halfway, wanted, failed=True)
        return _with_token(request, go(request, wanted), token)
    answer = await _checked(request, halfway, wanted)
    return answer or await _asked(request, halfway, "people/code.html", wanted, failed=True)


@halfway_page
async def show_authenticator(request: Request, halfway: Halfway) -> Response:
    """Show the secret that an authenticator is to scan."""
    return await _authenticator(request, halfway, _next(request.query_params.get("next")))


@halfway_page
async def enrol(request: Request, halfway: Halfway) -> Response:
    """Take the first code, and show the recovery codes, this once."""
    platform = platform_of(request)
    form = await request.form()
    wanted = _next(form.get("next"))
    enrolled = await platform.database.run(
        authenticator.enrol, platform.vault, halfway.user, halfway.session, text(form, "code")
    )
    if enrolled is None:
        return await _authenticator(request, halfway, wanted, failed=True)
    token, codes = enrolled
    shown = render(request, halfway, "people/recovery_codes.html", codes=codes, next=wanted)
    return _with_token(request, shown, token)


@halfway_page
async def offer_passkey(request: Request, halfway: Halfway) -> Response:
    """Have the browser reply with a passkey in place of the code."""
    return await second_factor.offered(request, passkeys.offer_request, halfway.user, halfway.session)


@page()
async def show_confirm(request: Request, officer: Officer) -> Response:
    """Ask for a new code or a passkey, before something that needs one."""
    wanted = _next(request.query_params.get("next"))
    return await _asked(request, officer, "people/confirm.html", wanted)


@page()
async def confirm(request: Request, officer: Officer) -> Response:
    """Check a new code or a passkey, and go on to what needed it."""
    wanted = _next((await request.form()).get("next"))
    answer = await _checked(request, officer, wanted)
    return answer or await _asked(request, officer, "people/confirm.html", wanted, failed=True)


@page()
async def offer_passkey_to_confirm(request: Request, officer: Officer) -> Response:
    """Have the browser reply with a passkey in place of the new code."""
    return await second_factor.offered(request, passkeys.offer_request, officer.user, officer.session)


@page()
async def log_out(request: Request, officer: Officer) -> Response:
    """End the session of this browser."""
    platform = platform_of(request)
    await platform.database.run(session.log_out, officer.session)
    answer = go(request, LOG_IN)
    forget_token(answer, platform.settings, COOKIE)
    return answer


@open_page
async def show_lost(request: Request, stranger: Stranger) -> Response:
    """Say who helps: links to staff are handed over and never mailed."""
    return render(request, stranger, "office/lost_password.html")


@open_page
async def show_link(request: Request, stranger: Stranger) -> Response:
    """Ask for the new password."""
    email = await _address_of(request)
    if email is None:
        return render(request, stranger, "people/link_gone.html", status=404, where=PASSWORD)
    return render(request, stranger, "people/new_password.html", email=email, errors={})


@open_page
async def choose_password(request: Request, stranger: Stranger) -> Response:
    """Choose the password, once."""
    platform = platform_of(request)
    try:
        await password.replace_lost(
            platform.database,
            platform.passwords,
            platform.vault,
            request.path_params["token"],
            text(await request.form(), "password"),
            links_of(platform.settings),
            UserKind.STAFF,
        )
    except NotFound:
        return render(request, stranger, "people/link_gone.html", status=404, where=PASSWORD)
    except Invalid as refusal:
        email = await _address_of(request)
        return render(
            request, stranger, "people/new_password.html", status=422, email=email or "", errors=said(refusal)
        )
    return render(request, stranger, "people/password_replaced.html")


def _next(wanted: object) -> str:
    """A page of the office, whatever was asked for."""
    found = safe_next(wanted, HOME)
    return found if found == HOME or found.startswith((f"{HOME}/", f"{HOME}?")) else HOME


async def _address_of(request: Request) -> str | None:
    async with platform_of(request).database.reading() as conn:
        return await queries.address_of_password_link(conn, request.path_params["token"], UserKind.STAFF)


async def _checked(request: Request, asking: Halfway | Officer, wanted: str) -> Response | None:
    token = await second_factor.checked(request, asking.user, asking.session)
    return None if token is None else _with_token(request, go(request, wanted), token)


async def _asked(
    request: Request, asking: Halfway | Officer, template: str, wanted: str, *, failed: bool = False
) -> Response:
    asked_for = await second_factor.asked_for(request, asking.user, failed=failed)
    return render(request, asking, template, status=422 if failed else 200, next=wanted, **asked_for)


def _asked_throttled(request: Request, throttled: Throttled, wanted: str, *, failed: bool = False) -> Response:
    status, asked_for = 422 if failed else 200, second_factor.asked_with_password(failed=failed)
    return render(request, throttled, "people/code.html", status=status, next=wanted, **asked_for)


async def _authenticator(request: Request, halfway: Halfway, wanted: str, *, failed: bool = False) -> Response:
    platform = platform_of(request)
    try:
        secret = await platform.database.run(authenticator.propose_secret, platform.vault, halfway.user)
    except NotFound:
        return go(request, with_next(GIVE_CODE, wanted, HOME))
    return render(
        request,
        halfway,
        "people/authenticator.html",
        status=422 if failed else 200,
        picture=qr_code(enrolment_uri(secret, halfway.user.email, ISSUER)),
        secret=in_groups(secret),
        failed=failed,
        next=wanted,
    )


def _with_token(request: Request, answer: Response, token: str) -> Response:
    set_token(answer, platform_of(request).settings, token, COOKIE)
    return answer


ROUTES = [
    Route(LOG_IN, show),
    Route(LOG_IN, log_in, methods=["POST"]),
    Route(GIVE_CODE, show_code),
    Route(GIVE_CODE, give_code, methods=["POST"]),
    Route(f"{LOG_IN}/passkey", offer_passkey, methods=["POST"]),
    Route(ENROL, show_authenticator),
    Route(ENROL, enrol, methods=["POST"]),
    Route(CONFIRM, show_confirm),
    Route(CONFIRM, confirm, methods=["POST"]),
    Route(f"{CONFIRM}/passkey", offer_passkey_to_confirm, methods=["POST"]),
    Route(LOG_OUT, log_out, methods=["POST"]),
    Route(PASSWORD, show_lost),
    Route(f"{PASSWORD}/{{token}}", show_link),
    Route(f"{PASSWORD}/{{token}}", choose_password, methods=["POST"]),
]
