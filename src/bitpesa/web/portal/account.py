"""One's own account: address, password, passkeys, recovery codes, and where one is logged in."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.users.operations import session
from bitpesa.web.kit.account import AccountPages
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.cookies import PORTAL
from bitpesa.web.kit.forms import links_of
from bitpesa.web.portal.guards import Newcomer, Visitor, account_page, render, session_terms

ACCOUNT = "/portal/account"

PAGES = AccountPages(path=ACCOUNT, cookie=PORTAL, links_of=links_of, session_terms=session_terms, render=render)

show = account_page()(PAGES.show)
change_password = account_page(fresh=True)(PAGES.change_password)
renew_recovery_codes = account_page(fresh=True)(PAGES.renew_recovery_codes)
offer_passkey = account_page(fresh=True)(PAGES.offer_passkey)
add_passkey = account_page(fresh=True)(PAGES.add_passkey)
end_other_sessions = account_page()(PAGES.end_other_sessions)


@account_page(fresh=True)
async def remove_passkey(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Remove a passkey."""
    return await PAGES.remove_passkey(request, visitor, request.path_params["passkey_id"])


@account_page()
async def end_session(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Log another device out; one that is out already stays so."""
    session_id = read_id(request.path_params["session_id"])
    if session_id is not None:
        try:
            await platform_of(request).database.run(session.end_session, visitor.user, session_id)
        except NotFound:
            return go(request, ACCOUNT)
    return go(request, ACCOUNT)
