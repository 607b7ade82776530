"""Sanction lists: which are loaded, and from where; loading one as `bitpesa screening load` does, and retiring one."""

import asyncio

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.problems import NotFound
from bitpesa.payments.compliance import sanction_lists
from bitpesa.payments.screening import queries as screening
from bitpesa.payments.screening.list_files import read_file
from bitpesa.payments.screening.list_formats import FORMAT_NAMES, FORMATS, UnreadableList
from bitpesa.payments.senders import queries as senders
from bitpesa.settings import Settings
from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.actions import tried
from bitpesa.web.backoffice.guards import Officer, form_bytes, page, render
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.forms import text

PATH = "/office/lists"


def list_bytes(settings: Settings) -> int:
    """How long a form with a list in it may be."""
    return settings.screening_list_max_bytes + form_bytes(settings)


@page()
async def list_all(request: Request, officer: Officer) -> Response:
    """List the lists, and say how far looking everybody up again is."""
    return await _shown(request, officer)


@page(StaffRole.ADMINISTRATOR, fresh=True, longest=list_bytes)
async def load(request: Request, officer: Officer) -> Response:
    """Load a list in place of its older edition; a broken file changes nothing, bad rows are shown."""
    form = await request.form()
    file, aliases, wanted = form.get("file"), form.get("aliases"), text(form, "format")
    if wanted and wanted not in FORMATS:
        raise NotFound
    if not isinstance(file, UploadFile) or not file.filename:
        return await _shown(request, officer, "Choose the file of a list.")
    more = await aliases.read() if isinstance(aliases, UploadFile) and aliases.filename else None
    try:
        # In a thread: others need not wait for it.
        read = await asyncio.to_thread(
            read_file,
            await file.read(),
            file.filename,
            format_=wanted or None,
            aliases=more,
            most_bad_percent=platform_of(request).settings.screening_list_max_bad_percent,
        )
    except UnreadableList as problem:
        return await _shown(request, officer, f"Nothing was loaded. {file.filename}: {problem}")
    refusal = await tried(
        request,
        sanction_lists.load_list,
        text(form, "name"),
        read,
        actor=officer.actor,
        sandbox_only=text(form, "sandbox_only") == "yes",
    )
    return await _after(request, officer, refusal, "loaded")


@page(StaffRole.ADMINISTRATOR, fresh=True)
async def retire(request: Request, officer: Officer) -> Response:
    """Use a list no more."""
    form = await request.form()
    refusal = await tried(
        request, sanction_lists.retire_list, text(form, "name"), actor=officer.actor, reason=text(form, "reason")
    )
    return await _after(request, officer, refusal, "retired")


async def _after(request: Request, officer: Officer, refusal: str | None, done: str) -> Response:
    if refusal is not None:
        return await _shown(request, officer, refusal)
    return go(request, f"{PATH}?done={done}")


async def _shown(request: Request, officer: Officer, refusal: str | None = None) -> Response:
    async with platform_of(request).database.reading() as conn:
        found = await screening.lists(conn)
        due, round_begun_at = await senders.screening_standing(conn)
    return render(
        request,
        officer,
        "office/lists.html",
        status=200 if refusal is None else 422,
        found=found,
        due=due,
        round_begun_at=round_begun_at,
        formats=FORMAT_NAMES,
        most_megabytes=platform_of(request).settings.screening_list_max_bytes // 1_048_576,
        refusal=refusal,
        done=request.query_params.get("done"),
    )


ROUTES = [
    Route(PATH, list_all),
    Route(PATH, load, methods=["POST"]),
    Route(f"{PATH}/retire", retire, methods=["POST"]),
]
