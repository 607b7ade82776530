"""The organisations of a user: which there are, another one, invitations to join some, and leaving one."""

import msgspec
import pycountry
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.sandbox.opening import MOST_ORGANISATIONS, open_organisation
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import Contact, Organisation
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.operations import members, session
from bitpesa.tenants.users.problems import TooManyOrganisations
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import Errors, said, texts
from bitpesa.web.kit.labels import collated
from bitpesa.web.kit.next_page import HOME
from bitpesa.web.portal.guards import Newcomer, Visitor, account_page, render

COUNTRIES = tuple(
    sorted(((country.alpha_2, country.name) for country in pycountry.countries), key=lambda each: collated(each[1]))
)
"""Every country by its two letters and its name, in the order of a dictionary."""

ORGANISATIONS = "/portal/organisations"

FIELDS = Contact.__struct_fields__


@account_page()
async def show(request: Request, visitor: Visitor | Newcomer) -> Response:
    """List the user's organisations, and those it is invited to."""
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        offers = await queries.invitations_to(conn, visitor.user.email)
        offering = await organisations.find_organisations(conn, {offer.organisation_id for offer in offers})
    invitations = [(offer, offering[offer.organisation_id]) for offer in offers]
    left = request.query_params.get("done") == "left"
    return render(request, visitor, "people/organisations.html", invitations=invitations, left=left)


@account_page()
async def show_new(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Ask what the organisation is called and where it is; who is invited somewhere may rather join there."""
    return await _form(request, visitor, {}, {})


@account_page()
async def create(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Open an organisation with its sandbox app, and look at it."""
    platform = platform_of(request)
    given = await texts(request, "name", *FIELDS)
    contact = msgspec.convert({field: given[field] for field in FIELDS}, Contact)
    enabled = platform.settings.sandbox_key_activation == "automatic"
    try:
        made = await platform.database.run(
            open_organisation, platform.vault, visitor.user, given["name"], contact, key_enabled=enabled
        )
    except Invalid as refusal:
        return await _form(request, visitor, given, said(refusal))
    except TooManyOrganisations:
        return await _form(request, visitor, given, {"name": [f"You belong to {MOST_ORGANISATIONS} organisations."]})
    await platform.database.run(session.look_at, visitor.session, made.id)
    return go(request, HOME)


@account_page()
async def show_leaving(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Ask whether the user means it; whoever cannot leave is told why."""
    organisation = _named(request, visitor)
    if organisation is None:
        return go(request, ORGANISATIONS)
    async with platform_of(request).database.reading() as conn:
        refusal = await queries.why_not_leave(conn, organisation.id, visitor.user.id)
    return _leaving(request, visitor, organisation, refusal, status=200)


@account_page()
async def leave(request: Request, visitor: Visitor | Newcomer) -> Response:
    """Leave an organisation; the last administrator stays."""
    organisation = _named(request, visitor)
    if organisation is None:
        return go(request, ORGANISATIONS)
    try:
        refusal = await platform_of(request).database.run(members.leave, visitor.user, organisation.id)
    except NotFound:
        return go(request, ORGANISATIONS)
    if refusal is not None:
        return _leaving(request, visitor, organisation, refusal, status=403)
    return go(request, f"{ORGANISATIONS}?done=left")


def _named(request: Request, visitor: Visitor | Newcomer) -> Organisation | None:
    """The one of the user's organisations that the path names."""
    organisation_id = read_id(request.path_params["organisation_id"])
    return next((each for each in visitor.organisations if each.id == organisation_id), None)


def _leaving(
    request: Request, visitor: Visitor | Newcomer, organisation: Organisation, refusal: str | None, *, status: int
) -> Response:
    return render(request, visitor, "people/leave.html", status=status, organisation=organisation, refusal=refusal)


async def _form(request: Request, visitor: Visitor | Newcomer, given: dict[str, str], errors: Errors) -> Response:
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        invited = bool(await queries.invitations_to(conn, visitor.user.email))
    return render(
        request,
        visitor,
        "people/new_organisation.html",
        status=422 if errors else 200,
        given=given,
        errors=errors,
        countries=COUNTRIES,
        invited=invited,
    )
