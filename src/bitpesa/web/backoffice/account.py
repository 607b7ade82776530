"""One's own account in the back office: address, password, passkeys, recovery codes, and where one is logged in."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.users.operations import session
from bitpesa.web.backoffice.actions import id_of
from bitpesa.web.backoffice.guards import Officer, page, render, session_terms
from bitpesa.web.backoffice.site import HOME, links_of
from bitpesa.web.kit.account import AccountPages
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.cookies import OFFICE

PATH = f"{HOME}/account"

PAGES = AccountPages(path=PATH, cookie=OFFICE, links_of=links_of, session_terms=session_terms, render=render)


@page(fresh=True)
async def remove_passkey(request: Request, officer: Officer) -> Response:
    """Remove a passkey."""
    return await PAGES.remove_passkey(request, officer, request.path_params["id"])


@page()
async def end_session(request: Request, officer: Officer) -> Response:
    """Log another device of one's own out."""
    session_id = id_of(request)
    if session_id is None:
        raise NotFound
    await platform_of(request).database.run(session.end_session, officer.user, session_id)
    return go(request, PATH)


ROUTES = [
    Route(PATH, page()(PAGES.show)),
    Route(f"{PATH}/password", page(fresh=True)(PAGES.change_password), methods=["POST"]),
    Route(f"{PATH}/recovery-codes", page(fresh=True)(PAGES.renew_recovery_codes), methods=["POST"]),
    Route(f"{PATH}/passkeys", page(fresh=True)(PAGES.add_passkey), methods=["POST"]),
    Route(f"{PATH}/passkeys/offer", page(fresh=True)(PAGES.offer_passkey), methods=["POST"]),
    Route(f"{PATH}/passkeys/{{id}}/remove", remove_passkey, methods=["POST"]),
    Route(f"{PATH}/sessions/end-others", page()(PAGES.end_other_sessions), methods=["POST"]),
    Route(f"{PATH}/sessions/{{id}}/end", end_session, methods=["POST"]),
]
