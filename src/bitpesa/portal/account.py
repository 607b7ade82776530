"""One's own account: address, password, passkeys, recovery codes, and where one is logged in."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.ids import read_id
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.pages import second_factor
from bitpesa.pages.answers import go, platform_of
from bitpesa.pages.cookies import set_token
from bitpesa.pages.forms import Errors, links_of, lock_terms, said, texts
from bitpesa.people import queries
from bitpesa.people.operations import authenticator, passkeys, password, session
from bitpesa.portal.visitor import Newcomer, Visitor, account_page, render, session_terms

ACCOUNT = "/portal/account"


@account_page()
async def show(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Show the account."""
    return await _shown(request, visitor, {})


@account_page(fresh=True)
async def change_password(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Replace the password by whoever knows it; other devices are logged out."""
    platform = platform_of(request)
    given = await texts(request, "known", "password")
    try:
        token = await password.change(
            platform.database,
            platform.passwords,
            platform.vault,
            visitor.user,
            visitor.session,
            known=given["known"],
            wanted=given["password"],
            links=links_of(platform.settings),
            terms=lock_terms(platform.settings),
        )
    except Invalid as refusal:
        return await _shown(request, visitor, said(refusal))
    answer = go(request, ACCOUNT)
    set_token(answer, platform.settings, token)
    return answer


@account_page(fresh=True)
async def renew_recovery_codes(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Show other recovery codes in place of those before, this once."""
    platform = platform_of(request)
    codes = await platform.database.run(authenticator.renew_recovery_codes, visitor.user)
    return render(request, visitor, "people/recovery_codes.html", codes=codes, next=ACCOUNT)


@account_page(fresh=True)
async def offer_passkey(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Have the browser make a passkey."""
    return await second_factor.offered(request, passkeys.offer_registration, visitor.user, visitor.session)


@account_page(fresh=True)
async def add_passkey(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Take the passkey that the browser has made."""
    links = links_of(platform_of(request).settings)
    try:
        is_taken = await second_factor.register(request, visitor.user, visitor.session, links)
    except Invalid as refusal:
        return await _shown(request, visitor, said(refusal))
    return go(request, ACCOUNT) if is_taken else await _shown(request, visitor, {}, failed=True)


@account_page(fresh=True)
async def remove_passkey(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Remove a passkey; one that is gone already stays so."""
    links = links_of(platform_of(request).settings)
    await second_factor.remove(request, visitor.user, request.path_params["passkey_id"], links)
    return go(request, ACCOUNT)


@account_page()
async def end_session(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Log another device out; one that is out already stays so."""
    platform = platform_of(request)
    session_id = read_id(request.path_params["session_id"])
    if session_id is not None:
        try:
            await platform.database.run(session.end_session, visitor.user, session_id)
        except NotFound:
            return go(request, ACCOUNT)
    return go(request, ACCOUNT)


@account_page()
async def end_other_sessions(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Log every other device out."""
    platform = platform_of(request)
    await platform.database.run(session.end_other_sessions, visitor.user, visitor.session)
    return go(request, ACCOUNT)


async def _shown(request: Request, visitor: Visitor | Newcomer, errors: Errors, *, failed: bool = False) -> Response:
    platform, party = platform_of(request), second_factor.party_of(request)
    async with platform.database.reading() as conn:
        sessions = await queries.list_sessions(conn, visitor.user.id, session_terms(platform.settings))
        change = await queries.address_change_of(conn, visitor.user.id)
        codes_left = await queries.count_recovery_codes(conn, visitor.user.id)
        known_passkeys = await queries.list_passkeys(conn, visitor.user.id)
    return render(
        request,
        visitor,
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
