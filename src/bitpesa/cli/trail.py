"""`bitpesa trail`: who did what by hand."""

from typing import Annotated

import typer

from bitpesa.cli.staff_actions import OfApp, read_app_id
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.kernel.values import json
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.tenants.audit_log import queries
from bitpesa.tenants.audit_log.model import Entry, Filters
from bitpesa.wiring import Platform


def run(
    who: Annotated[str | None, typer.Option("--who", help="Only what this person did.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this, such as sender.banned.")] = None,
    object_id: Annotated[str | None, typer.Option("--object", help="Only what was done to this id.")] = None,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page.")] = 1,
    per: Annotated[int, typer.Option("--per", min=1, max=1000, help="How many lines a page has.")] = 50,
    app_id: OfApp = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show who did what by hand, on which object and why, the newest first."""
    filters = Filters(app_id=read_app_id(app_id), actor=who, action=action, object_id=object_id)

    async def look(platform: Platform) -> list[Entry]:
        async with platform.database.reading() as conn:
            entries, _ = await queries.list_page(conn, filters, limit=per, offset=(page - 1) * per)
            return entries

    entries = work_on(data, database_url, look)
    if as_json:
        say_json(entries)
        return
    for entry in entries:
        say(line_of(entry))


def line_of(entry: Entry) -> str:
    """A line of the trail for people."""
    change = ""
    if entry.before is not None or entry.after is not None:
        change = f"  {_text(entry.before)} -> {_text(entry.after)}"
    reason = f"  ({entry.reason})" if entry.reason else ""
    when, who = f"{entry.created_at:%Y-%m-%d %H:%M:%S}", f"{entry.actor.kind} {entry.actor.name}"
    return f"{when}  {who}  {entry.action}  {entry.object_type} {entry.object_id}{change}{reason}"


def _text(value: object) -> str:
    return "nothing" if value is None else json.encode_text(value)
