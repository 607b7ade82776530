"""One's own account in the back office: address, password, passkeys, recovery codes, and where one is logged in."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.backoffice.acts import id_of
from bitpesa.backoffice.site import HOME, links_of
from bitpesa.backoffice.visitor import Officer, page, render, session_terms
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.pages import second_factor
from bitpesa.pages.answers import go, platform_of
from bitpesa.pages.cookies import OFFICE as COOKIE
from bitpesa.pages.cookies import set_token
from bitpesa.pages.forms import Errors, lock_terms, said, texts
from bitpesa.people import queries
from bitpesa.people.operations import authenticator, passkeys, password, session

PATH = f"{HOME}/account"


@page()
async def show(request: Request, officer: Officer) -> Response:
    """Show the account."""
    return await _shown(request, officer, {})


@page(fresh=True)
async def change_password(request: Request, officer: Officer) -> Response:
    """Replace the password by whoever knows it; other devices are logged out."""
    platform = platform_of(request)
    given = await texts(request, "known", "password")
    try:
        token = await password.change(
            platform.database,
            platform.passwords,
            platform.vault,
            officer.user,
            officer.session,
            known=given["known"],
            wanted=given["password"],
            links=links_of(platform.settings),
            terms=lock_terms(platform.settings),
        )
    except Invalid as refusal:
        return await _shown(request, officer, said(refusal))
    answer = go(request, PATH)
    set_token(answer, platform.settings, token, COOKIE)
    return answer


@page(fresh=True)
async def renew_recovery_codes(request: Request, officer: Officer) -> Response:
    """Show other recovery codes in place of those before, this once."""
    codes = await platform_of(request).database.run(authenticator.renew_recovery_codes, officer.user)
    return render(request, officer, "people/recovery_codes.html", codes=codes, next=PATH)


@page(fresh=True)
async def offer_passkey(request: Request, officer: Officer) -> Response:
    """Have the browser make a passkey."""
    return await second_factor.offered(request, passkeys.offer_registration, officer.user, officer.session)


@page(fresh=True)
async def add_passkey(request: Request, officer: Officer) -> Response:
    """Take the passkey that the browser has made."""
    links = links_of(platform_of(request).settings)
    try:
        is_taken = await second_factor.register(request, officer.user, officer.session, links)
    except Invalid as refusal:
        return await _shown(request, officer, said(refusal))
    return go(request, PATH) if is_taken else await _shown(request, officer, {}, failed=True)


@page(fresh=True)
async def remove_passkey(request: Request, officer: Officer) -> Response:
    """Remove a passkey; one that is gone already stays so."""
    links = links_of(platform_of(request).settings)
    await second_factor.remove(request, officer.user, request.path_params["id"], links)
    return go(request, PATH)


@page()
async def end_session(request: Request, officer: Officer) -> Response:
    """Log another device of one's own out."""
    session_id = id_of(request)
    if session_id is None:
        raise NotFound
    await platform_of(request).database.run(session.end_session, officer.user, session_id)
    return go(request, PATH)


@page()
async def end_other_sessions(request: Request, officer: Officer) -> Response:
    """Log every other device out."""
    await platform_of(request).database.run(session.end_other_sessions, officer.user, officer.session)
    return go(request, PATH)


async def _shown(request: Request, officer: Officer, errors: Errors, *, failed: bool = False) -> Response:
    platform, party = platform_of(request), second_factor.party_of(request)
    async with platform.database.reading() as conn:
        sessions = await queries.list_sessions(conn, officer.user.id, session_terms(platform.settings))
        change = await queries.address_change_of(conn, officer.user.id)
        codes_left = await queries.count_recovery_codes(conn, officer.user.id)
        known_passkeys = await queries.list_passkeys(conn, officer.user.id)
    return render(
        request,
        officer,
        "people/account.html",
        status=422 if errors or failed else 200,
        sessions=sessions,
        codes_left=codes_left,
        change=change,
        shows_mail=platform.settings.shows_mail,
        done=request.query_params.get("done"),
        passkeys=known_passkeys,
        passkeys_at=party.origin if party else None,
        failed=failed,
        errors=errors,
    )


ROUTES = [
    Route(PATH, show),
    Route(f"{PATH}/password", change_password, methods=["POST"]),
    Route(f"{PATH}/recovery-codes", renew_recovery_codes, methods=["POST"]),
    Route(f"{PATH}/passkeys", add_passkey, methods=["POST"]),
    Route(f"{PATH}/passkeys/offer", offer_passkey, methods=["POST"]),
    Route(f"{PATH}/passkeys/{{id}}/remove", remove_passkey, methods=["POST"]),
    Route(f"{PATH}/sessions/end-others", end_other_sessions, methods=["POST"]),
    Route(f"{PATH}/sessions/{{id}}/end", end_session, methods=["POST"]),
]
