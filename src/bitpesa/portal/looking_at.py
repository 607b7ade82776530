"""What the portal shows: which organisation, and sandbox or live; and leaving it."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.ids import read_id
from bitpesa.kernel.problems import NotFound
from bitpesa.organisations.model import Environment
from bitpesa.pages.answers import go, platform_of
from bitpesa.pages.cookies import forget_token
from bitpesa.pages.next_page import HOME, section_of
from bitpesa.people.operations import session
from bitpesa.portal.visitor import LOG_IN, Newcomer, Visitor, account_page, forbidden, page


@page()
async def choose_environment(request: Request, visitor: Visitor) -> Response:
    """Turn the switch between test and live."""
    form = await request.form()
    environment: Environment = "live" if form.get("environment") == "live" else "sandbox"
    platform = platform_of(request)
    await platform.database.run(session.look_at, visitor.session, visitor.organisation.id, environment)
    return go(request, section_of(form.get("here")))


@page()
async def choose_organisation(request: Request, visitor: Visitor) -> Response:
    """Turn to another of one's organisations."""
    organisation_id = read_id((await request.form()).get("organisation"))
    platform = platform_of(request)
    if organisation_id is None:
        return forbidden(request, visitor)
    try:
        await platform.database.run(session.look_at, visitor.session, organisation_id, "sandbox")
    except NotFound:
        return forbidden(request, visitor)
    return go(request, HOME)


@account_page()
async def log_out(request: Request, visitor: Visitor | Newcomer) -> Response:
    """End the session of this browser."""
    platform = platform_of(request)
    await platform.database.run(session.log_out, visitor.session)
    answer = go(request, LOG_IN)
    forget_token(answer, platform.settings)
    return answer
