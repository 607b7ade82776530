"""Invitations as those see them who are invited: by the link in the mail, or in the list of their own."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.operations import invite
from bitpesa.tenants.users.operations.invite import Acceptance
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.next_page import HOME
from bitpesa.web.portal.guards import LOG_IN, Newcomer, Stranger, Visitor, account_page, is_signed_in, open_page, render
from bitpesa.web.portal.members import MEANINGS


@open_page
async def show(request: Request, stranger: Stranger) -> Response:
    """Tell a stranger what the link is about, and to log in or sign up; show others the invitation itself."""
    platform = platform_of(request)
    token = request.path_params["token"]
    if await is_signed_in(request):
        return go(request, f"/portal/invitations/{token}")
    async with platform.database.reading() as conn:
        offer = await queries.invitation_of_link(conn, token)
        known = {} if offer is None else await organisations.find_organisations(conn, [offer.organisation_id])
    if offer is None:
        return render(request, stranger, "people/link_gone.html", status=404, where=LOG_IN)
    return render(
        request,
        stranger,
        "people/invitation.html",
        offer=offer,
        organisation=known[offer.organisation_id],
        next=f"/portal/invitations/{token}",
    )


@account_page()
async def show_to_user(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Show a user an invitation to accept."""
    platform = platform_of(request)
    token = request.path_params["token"]
    async with platform.database.reading() as conn:
        offer = await queries.invitation_of_link(conn, token)
        known = {} if offer is None else await organisations.find_organisations(conn, [offer.organisation_id])
    if offer is None:
        return _answered(request, visitor, Acceptance.GONE)
    return render(
        request,
        visitor,
        "people/accept.html",
        offer=offer,
        organisation=known[offer.organisation_id],
        token=token,
        meanings=MEANINGS,
    )


@account_page()
async def accept_link(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Accept the invitation of a link; with another address it is refused, and void."""
    platform = platform_of(request)
    token = request.path_params["token"]
    return _answered(request, visitor, await platform.database.run(invite.accept_link, visitor.user, token))


@account_page()
async def accept(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Accept an invitation in one's list."""
    platform = platform_of(request)
    invitation_id = read_id(text(await request.form(), "invitation"))
    if invitation_id is None:
        return _answered(request, visitor, Acceptance.GONE)
    return _answered(request, visitor, await platform.database.run(invite.accept, visitor.user, invitation_id))


def _answered(request: Request, visitor: Visitor | Newcomer, became: Acceptance) -> Response:
    match became:
        case Acceptance.JOINED:
            return go(request, HOME if isinstance(visitor, Newcomer) else "/portal/organisations")
        case Acceptance.GONE:
            return render(request, visitor, "people/invitation_gone.html", status=404, became="gone")
        case Acceptance.OTHER_ADDRESS:
            return render(request, visitor, "people/invitation_gone.html", status=403, became="other address")
        case Acceptance.WORTHLESS:
            return render(request, visitor, "people/invitation_gone.html", status=403, became="worthless")
