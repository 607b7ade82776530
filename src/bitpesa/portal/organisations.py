"""The organisations of a user: which there are, another one, and invitations to join some."""

import msgspec
import pycountry
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import Invalid
from bitpesa.organisations import queries as organisations
from bitpesa.organisations.model import Contact
from bitpesa.pages.answers import go, platform_of
from bitpesa.pages.forms import Errors, said, texts
from bitpesa.pages.next_page import HOME
from bitpesa.people import queries
from bitpesa.people.operations import session
from bitpesa.people.problems import TooManyOrganisations
from bitpesa.portal.visitor import Newcomer, Visitor, account_page, render
from bitpesa.sandbox.opening import MOST_ORGANISATIONS, open_organisation

COUNTRIES = tuple(
    sorted(((country.alpha_2, country.name) for country in pycountry.countries), key=lambda each: each[1])
)
"""Every country by its two letters and its name, by name."""

FIELDS = Contact.__struct_fields__


@account_page()
async def show(request: Request, visitor: Visitor | Newcomer) -> Response:
    """List the user's organisations, and those it is invited to."""
    platform = platform_of(request)
    async with platform.database.reading() as conn:
        offers = await queries.invitations_to(conn, visitor.user.email)
        offering = await organisations.find_organisations(conn, {offer.organisation_id for offer in offers})
    invitations = [(offer, offering[offer.organisation_id]) for offer in offers]
    return render(request, visitor, "people/organisations.html", invitations=invitations)


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
    await platform.database.run(session.look_at, visitor.session, made.id, "sandbox")
    return go(request, HOME)


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
