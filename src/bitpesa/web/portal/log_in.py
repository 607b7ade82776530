"""Logging in: e-mail and password, then a code; whoever has no authenticator yet enrols one first (flows 12)."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.crypto.one_time_codes import enrolment_uri
from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.users.operations import authenticator, passkeys
from bitpesa.tenants.users.operations import log_in as operations
from bitpesa.web.kit import second_factor
from bitpesa.web.kit.answers import device_of, go, platform_of
from bitpesa.web.kit.cookies import set_token
from bitpesa.web.kit.forms import lock_terms, text
from bitpesa.web.kit.next_page import safe_next, with_next
from bitpesa.web.kit.qr_codes import in_groups, qr_code
from bitpesa.web.portal.guards import (
    ENROL,
    GIVE_CODE,
    Halfway,
    Newcomer,
    Stranger,
    Throttled,
    Visitor,
    account_page,
    code_page,
    halfway_page,
    is_signed_in,
    open_page,
    render,
)

ISSUER = "bitpesa"


@open_page
async def show(request: Request, stranger: Stranger) -> Response:
    """Ask for e-mail and password."""
    wanted = safe_next(request.query_params.get("next"))
    if await is_signed_in(request):
        return go(request, wanted)
    return render(request, stranger, "people/log_in.html", email="", failed=False, next=wanted)


@open_page
async def log_in(request: Request, stranger: Stranger) -> Response:
    """Check them; right ones open nothing but the next step. While a lock is on, the next step tells."""
    platform = platform_of(request)
    form = await request.form()
    email, wanted = text(form, "email"), safe_next(form.get("next"))
    token = await operations.log_in(
        platform.database,
        platform.passwords,
        email,
        text(form, "password"),
        device_of(request),
        lock_terms(platform.settings),
    )
    if token is None:
        minutes = round(platform.settings.log_in_lock_seconds / 60)
        return render(
            request, stranger, "people/log_in.html", status=422, email=email, failed=True, minutes=minutes, next=wanted
        )
    answer = go(request, with_next(GIVE_CODE, wanted))
    set_token(answer, platform.settings, token)
    return answer


@code_page
async def show_code(request: Request, halfway: Halfway | Throttled) -> Response:
    """Ask for a code, or a passkey."""
    wanted = safe_next(request.query_params.get("next"))
    if isinstance(halfway, Throttled):
        return _asked_throttled(request, halfway, wanted)
    if not halfway.user.has_second_factor:
        return go(request, with_next(ENROL, wanted))
    return await _asked(request, halfway, "people/code.html", wanted)


@code_page
async def give_code(request: Request, halfway: Halfway | Throttled) -> Response:
    """Check a code or a passkey; a right one opens the portal."""
    form = await request.form()
    wanted = safe_next(form.get("next"))
    if isinstance(halfway, Throttled):
        token = await second_factor.checked_with_password(request, halfway.token)
        return _opened(request, token, wanted) or _asked_throttled(request, halfway, wanted, failed=True)
    answer = await _checked(request, halfway, wanted)
    return answer or await _asked(request, halfway, "people/code.html", wanted, failed=True)


@halfway_page
async def offer_passkey(request: Request, halfway: Halfway) -> Response:
    """Have the browser reply with a passkey in place of the code."""
    return await second_factor.offered(request, passkeys.offer_request, halfway.user, halfway.session)


@account_page()
async def show_confirm(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Ask for a new code or a passkey, before something that needs one."""
    wanted = safe_next(request.query_params.get("next"))
    return await _asked(request, visitor, "people/confirm.html", wanted)


@account_page()
async def confirm(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Check a new code or a passkey, and go on to what needed it."""
    form = await request.form()
    wanted = safe_next(form.get("next"))
    answer = await _checked(request, visitor, wanted)
    return answer or await _asked(request, visitor, "people/confirm.html", wanted, failed=True)


@account_page()
async def offer_passkey_to_confirm(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Have the browser reply with a passkey in place of the new code."""
    return await second_factor.offered(request, passkeys.offer_request, visitor.user, visitor.session)


@halfway_page
async def show_authenticator(request: Request, halfway: Halfway) -> Response:
    """Show the secret that an authenticator is to scan."""
    return await _authenticator(request, halfway, safe_next(request.query_params.get("next")))


@halfway_page
async def enrol(request: Request, halfway: Halfway) -> Response:
    """Take the first code, and show the recovery codes, this once."""
    platform = platform_of(request)
    form = await request.form()
    wanted = safe_next(form.get("next"))
    enrolled = await platform.database.run(
        authenticator.enrol, platform.vault, halfway.user, halfway.session, text(form, "code")
    )
    if enrolled is None:
        return await _authenticator(request, halfway, wanted, failed=True)
    token, codes = enrolled
    answer = render(request, halfway, "people/recovery_codes.html", codes=codes, next=wanted)
    set_token(answer, platform.settings, token)
    return answer


async def _checked(request: Request, asking: Halfway | Visitor | Newcomer, wanted: str) -> Response | None:
    return _opened(request, await second_factor.checked(request, asking.user, asking.session), wanted)


def _opened(request: Request, token: str | None, wanted: str) -> Response | None:
    """The way on, with the token of a session that is complete; None when there is none."""
    if token is None:
        return None
    answer = go(request, wanted)
    set_token(answer, platform_of(request).settings, token)
    return answer


def _asked_throttled(request: Request, throttled: Throttled, wanted: str, *, failed: bool = False) -> Response:
    status, asked_for = 422 if failed else 200, second_factor.asked_with_password(failed=failed)
    return render(request, throttled, "people/code.html", status=status, next=wanted, **asked_for)


async def _asked(
    request: Request, asking: Halfway | Visitor | Newcomer, template: str, wanted: str, *, failed: bool = False
) -> Response:
    asked_for = await second_factor.asked_for(request, asking.user, failed=failed)
    return render(request, asking, template, status=422 if failed else 200, next=wanted, **asked_for)


async def _authenticator(request: Request, halfway: Halfway, wanted: str, *, failed: bool = False) -> Response:
    platform = platform_of(request)
    try:
        secret = await platform.database.run(authenticator.propose_secret, platform.vault, halfway.user)
    except NotFound:
        return go(request, with_next(GIVE_CODE, wanted))
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
