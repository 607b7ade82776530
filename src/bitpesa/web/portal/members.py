"""The people of an organisation: what each may do, and who is invited."""

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.model import Permission
from bitpesa.tenants.users.operations import invite as invitations
from bitpesa.tenants.users.operations import members as operations
from bitpesa.tenants.users.rules import read_permissions
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import Errors, chosen, links_of, mail_terms, said, text
from bitpesa.web.portal.guards import Visitor, forbidden, page, render

PEOPLE = "/portal/people"

MEANINGS = {
    Permission.WEBHOOKS_READ: "see webhooks and their logs",
    Permission.WEBHOOKS_WRITE: "add, change and delete webhooks",
    Permission.STATISTICS_READ: "nothing yet",
    Permission.LOGS_READ: "see the logs of calls",
    Permission.API_KEYS_READ: "see API keys and their secrets",
    Permission.API_KEYS_WRITE: "make, replace and revoke API keys",
    Permission.ROLES_READ: "see the people of the organisation",
    Permission.ROLES_WRITE: "invite people and change what they may do",
    Permission.PERSONAL_DATA_READ: "see numbers of papers and accounts, birth dates, addresses, phones and documents",
}


@page(Permission.ROLES_READ)
async def show(request: Request, visitor: Visitor) -> Response:
    """List members and open invitations."""
    return await _shown(request, visitor, "", {})


@page(Permission.ROLES_READ)
async def show_member(request: Request, visitor: Visitor) -> Response:
    """Show what one member may do."""
    platform = platform_of(request)
    user_id = read_id(request.path_params["user_id"])
    async with platform.database.reading() as conn:
        found = None if user_id is None else await queries.find_member(conn, visitor.organisation.id, user_id)
    if found is None:
        return go(request, PEOPLE)
    user, member = found
    untouchable = (user.id == visitor.user.id or member.is_administrator) and not visitor.is_administrator
    return render(
        request,
        visitor,
        "people/member.html",
        user=user,
        member=member,
        meanings=MEANINGS,
        writable=[] if untouchable else _writable(visitor),
    )


# What follows asks for no permission at the door: the operation does, and writes down what it refuses.


@page()
async def change(request: Request, visitor: Visitor) -> Response:
    """Change what a member may do."""
    platform = platform_of(request)
    form = await request.form()
    user_id = read_id(request.path_params["user_id"])
    if user_id is None:
        return go(request, PEOPLE)
    refusal = await platform.database.run(
        operations.change,
        visitor.user,
        visitor.organisation.id,
        user_id,
        read_permissions(chosen(form, "permissions")),
        administrator=text(form, "administrator") == "yes",
    )
    return forbidden(request, visitor, refusal) if refusal else go(request, PEOPLE)


@page()
async def remove(request: Request, visitor: Visitor) -> Response:
    """Take a member out of the organisation."""
    platform = platform_of(request)
    user_id = read_id(request.path_params["user_id"])
    if user_id is None:
        return go(request, PEOPLE)
    refusal = await platform.database.run(operations.remove, visitor.user, visitor.organisation.id, user_id)
    return forbidden(request, visitor, refusal) if refusal else go(request, PEOPLE)


@page()
async def invite(request: Request, visitor: Visitor) -> Response:
    """Invite somebody by mail."""
    platform = platform_of(request)
    form = await request.form()
    email = text(form, "email")
    try:
        refusal = await platform.database.run(
            invitations.invite,
            platform.vault,
            visitor.user,
            visitor.organisation,
            email,
            read_permissions(chosen(form, "permissions")),
            links_of(platform.settings),
            mail_terms(platform.settings),
        )
    except Invalid as problem:
        if not visitor.may(Permission.ROLES_READ):
            return forbidden(request, visitor)
        return await _shown(request, visitor, email, said(problem))
    return forbidden(request, visitor, refusal) if refusal else go(request, PEOPLE)


@page()
async def withdraw(request: Request, visitor: Visitor) -> Response:
    """Take an invitation back."""
    platform = platform_of(request)
    invitation_id = read_id(request.path_params["invitation_id"])
    if invitation_id is None:
        return go(request, PEOPLE)
    refusal = await platform.database.run(invitations.withdraw, visitor.user, visitor.organisation.id, invitation_id)
    return forbidden(request, visitor, refusal) if refusal else go(request, PEOPLE)


def _writable(visitor: Visitor) -> list[Permission]:
    """What the visitor could give."""
    return [each for each in Permission if visitor.may(each)] if visitor.may(Permission.ROLES_WRITE) else []


async def _shown(request: Request, visitor: Visitor, email: str, errors: Errors) -> Response:
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        found = await queries.list_members(conn, visitor.organisation.id)
        open_ones = await queries.list_invitations(conn, visitor.organisation.id)
    return render(
        request,
        visitor,
        "people/members.html",
        status=422 if errors else 200,
        members=found,
        invitations=open_ones,
        meanings=MEANINGS,
        writable=_writable(visitor),
        email=email,
        errors=errors,
    )
