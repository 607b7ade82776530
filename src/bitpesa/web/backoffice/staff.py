"""Staff: who may work here, in which role. Administrators see to it, and nobody to himself."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.model import StaffRole, User
from bitpesa.tenants.users.operations import authenticator
from bitpesa.tenants.users.operations import staff as operations
from bitpesa.tenants.users.operations import user as users
from bitpesa.tenants.users.operations.staff import NewLink, PasswordLinks
from bitpesa.web.backoffice.actions import id_of
from bitpesa.web.backoffice.guards import Officer, page, render
from bitpesa.web.backoffice.site import links_of
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text
from bitpesa.web.kit.refusals import sentence_of
from bitpesa.wiring import Platform

PATH = "/office/staff"

ACTS = {"disable": users.disable, "enable": users.enable, "reset-mfa": authenticator.reset}


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List staff."""
    return await _shown(request, officer)


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def create(request: Request, officer: Officer) -> Response:
    """Make an account; the link to its password goes to its owner's mail and is never shown here."""
    platform, form = platform_of(request), await request.form()
    role = text(form, "role")
    if role not in list(StaffRole):
        raise NotFound
    try:
        link = await operations.create(
            platform.database,
            platform.passwords,
            by=officer.actor,
            name=text(form, "name"),
            email=text(form, "email"),
            role=StaffRole(role),
            by_link=_by_link(platform),
        )
    except Invalid as refusal:
        return await _shown(request, officer, sentence_of(refusal))
    return await _shown(request, officer, link=link)


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def change(request: Request, officer: Officer) -> Response:
    """Give one of staff another role, shut it out, let it in, or help it to log in again."""
    platform, form, target_id = platform_of(request), await request.form(), id_of(request)
    act, role = text(form, "act"), text(form, "role")
    try:
        if act == "role" and role in list(StaffRole):
            await platform.database.run(operations.change_role, officer.user, target_id, StaffRole(role))
        elif act == "link":
            return await _shown(request, officer, link=await platform.database.run(_link, officer, request))
        elif act in ACTS:
            await platform.database.run(operations.change, officer.user, target_id, ACTS[act])
        else:
            raise NotFound
    except Invalid as refusal:
        return await _shown(request, officer, sentence_of(refusal))
    return go(request, f"{PATH}?done=changed")


async def _link(work: Work, officer: Officer, request: Request) -> NewLink:
    everybody: list[User] = await queries.list_staff(work.conn)
    user = next((each for each in everybody if each.id == id_of(request)), None)
    if user is None:
        raise NotFound
    return await operations.renew_link(work, officer.actor, user, _by_link(platform_of(request)))


def _by_link(platform: Platform) -> PasswordLinks:
    settings = platform.settings
    return PasswordLinks(links_of(settings), platform.vault, has_mail_server=settings.smtp_host is not None)


async def _shown(
    request: Request, officer: Officer, refusal: str | None = None, *, link: NewLink | None = None
) -> Response:
    async with platform_of(request).database.reading() as conn:
        found = await queries.list_staff(conn)
    return render(
        request,
        officer,
        "office/staff.html",
        status=200 if refusal is None else 422,
        found=found,
        roles=list(StaffRole),
        refusal=refusal,
        link=link,
        done=request.query_params.get("done"),
    )


ROUTES = [
    Route(PATH, list_all),
    Route(PATH, create, methods=["POST"]),
    Route(f"{PATH}/{{id}}", change, methods=["POST"]),
]
