"""Doing what a form of the office asks for, by the operations that the API and the commands call as well."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from starlette.requests import Request

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import Invalid, Malformed, NotFound, Problem
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App, Organisation
from bitpesa.web.backoffice.guards import Officer
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.kit.refusals import sentence_of

P = ParamSpec("P")


async def tried(
    request: Request, operation: Callable[Concatenate[Work, P], Awaitable[Any]], *args: P.args, **kwargs: P.kwargs
) -> str | None:
    """Do it in one transaction; the sentence of its refusal when it was refused. Raises NotFound, Malformed."""
    try:
        await platform_of(request).database.run(operation, *args, **kwargs)
    except (NotFound, Malformed):
        raise
    except Invalid as refusal:
        return sentence_of(refusal)
    except Problem as refusal:
        return refusal.message
    return None


async def app_of(conn: Connection, request: Request) -> App:
    """The app that a path names. Raises NotFound."""
    app_id = id_of(request, "app_id")
    app = None if app_id is None else await organisations.find_app(conn, app_id)
    if app is None:
        raise NotFound
    return app


async def app_named(request: Request) -> App:
    """The same for whoever reads nothing else. Raises NotFound."""
    async with platform_of(request).database.reading() as conn:
        return await app_of(conn, request)


async def organisation_of(conn: Connection, organisation_id: UUID | None) -> Organisation:
    """An organisation. Raises NotFound."""
    if organisation_id is None:
        raise NotFound
    found = (await organisations.find_organisations(conn, [organisation_id])).get(organisation_id)
    if found is None:
        raise NotFound
    return found


async def names_of_apps(conn: Connection, app_ids: set[UUID]) -> dict[UUID, str]:
    """What apps are called: by their organisation, with a word for play money."""
    return await names_of(conn, await organisations.find_apps(conn, app_ids))


async def names_of(conn: Connection, apps: Sequence[App]) -> dict[UUID, str]:
    """The same of apps that are read already."""
    known = await organisations.find_organisations(conn, {app.organisation_id for app in apps})
    return {
        app.id: known[app.organisation_id].name + (" (sandbox)" if app.is_sandbox else "")
        for app in apps
        if app.organisation_id in known
    }


def id_of(request: Request, name: str = "id") -> UUID | None:
    """An id in the path; None when it is none."""
    return read_id(request.path_params[name])


async def note(
    work: Work, officer: Officer, action: str, object_type: str, object_id: UUID | str, *, app: App | None, **more: Any
) -> None:
    """Write into the trail what was done by an operation that does not do so itself."""
    await record(
        work.conn,
        actor=officer.actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
        app_id=None if app is None else app.id,
        organisation_id=None if app is None else app.organisation_id,
        **more,
    )
