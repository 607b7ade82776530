"""`bitpesa senders`: who waits to be checked, and what staff decide about a sender."""

from typing import Annotated, Any
from uuid import UUID

import typer

from bitpesa.cli.keys import AppId
from bitpesa.cli.staff_actions import (
    MOST_SHOWN,
    As,
    OfApp,
    Reason,
    act,
    acting,
    read_object_id,
    say_rest,
    waiting_for_staff,
)
from bitpesa.cli.terminal import AsJson, say
from bitpesa.cli.trail import line_of
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values import json
from bitpesa.payments.compliance.senders import review_sender
from bitpesa.payments.screening import queries as screening
from bitpesa.payments.senders import queries
from bitpesa.payments.senders.model import Decision, Sender
from bitpesa.payments.senders.wire import sender_json
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import Platform

app = typer.Typer(help="Senders, and what staff decide about them.", no_args_is_help=True)

ClientNote = Annotated[
    str | None,
    typer.Option("--client-note", help="What the client reads as state_reason, in place of a neutral sentence."),
]
SenderId = Annotated[str, typer.Argument(help="The sender's id.")]


@app.command()
def waiting(
    app_id: OfApp = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False
) -> None:
    """List senders that wait for staff to decide, the oldest first."""
    found, total = waiting_for_staff(data, database_url, app_id, queries.list_waiting)
    if as_json:
        say(json.encode_text([{"app_id": str(each.app_id), **sender_json(each)} for each in found]))
        return
    for each in found:
        say(f"{each.created_at:%Y-%m-%d %H:%M}  {each.state:<8}  sender {each.id} of app {each.app_id}: {_name(each)}")
    say_rest(found, total)


@app.command()
def show(
    sender: SenderId,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a sender as clients see it, with what lists know of it and what staff did."""
    sender_id = read_object_id(sender, "sender")

    async def look(work: Work, chosen: App, _: Platform) -> tuple[Sender, Any, Any]:
        found = await queries.find(work.conn, chosen.id, sender_id)
        hits = await screening.hits_of(work.conn, chosen.id, sender_id)
        about = Filters(app_id=chosen.id, object_type="Sender", object_id=str(sender_id))
        entries, _total = await trail.list_page(work.conn, about, limit=MOST_SHOWN)
        return found, hits, entries

    found, hits, entries = act(data, database_url, app_id, "sender", look)
    if as_json:
        say(json.encode_text(sender_json(found)))
        return
    for name, value in sender_json(found).items():
        if value not in (None, "", [], {}):
            say(f"{name:<28}{value if isinstance(value, str) else json.encode_text(value)}")
    for hit in hits:
        dismissed = "false positive" if hit.dismissed_at else "holds payments" if hit.decisive else "open"
        say(f"match                       {hit.score} {dismissed}: {hit.listed_name}, {hit.list} {hit.uid}")
    for entry in entries:
        say(f"did                         {line_of(entry)}")


@app.command()
def approve(
    sender: SenderId,
    reason: Reason = None,
    client_note: ClientNote = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Approve a sender whose documents and data are in order; its hits on sanction lists count no more."""
    _decide(Decision.APPROVE, sender, reason, client_note, name, app_id, data, database_url)


@app.command()
def ask(
    sender: SenderId,
    reason: Reason = None,
    client_note: ClientNote = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Ask a sender for more: it is incomplete until the client changes it. The client note says what is missing."""
    _decide(Decision.ASK, sender, reason, client_note, name, app_id, data, database_url)


@app.command()
def reject(
    sender: SenderId,
    reason: Reason = None,
    client_note: ClientNote = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Reject a sender. The client never reads the reason."""
    _decide(Decision.REJECT, sender, reason, client_note, name, app_id, data, database_url)


@app.command()
def ban(
    sender: SenderId,
    reason: Reason = None,
    client_note: ClientNote = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Ban a sender, whatever its state. The client never reads the reason."""
    _decide(Decision.BAN, sender, reason, client_note, name, app_id, data, database_url)


@app.command()
def reinstate(
    sender: SenderId,
    reason: Reason = None,
    client_note: ClientNote = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Approve a sender that was rejected or banned. The client never reads the reason."""
    _decide(Decision.REINSTATE, sender, reason, client_note, name, app_id, data, database_url)


def _decide(
    decision: Decision,
    text: str,
    reason: str | None,
    client_note: str | None,
    name: str | None,
    app_id: str | None,
    data: Data,
    url: str | None,
) -> None:
    sender_id: UUID = read_object_id(text, "sender")

    async def decide(work: Work, chosen: App, _: Platform) -> Sender:
        return await review_sender(
            work, chosen, sender_id, decision, actor=acting(name), reason=reason, client_note=client_note
        )

    say(f"sender {sender_id} is {act(data, url, app_id, 'sender', decide).state}")


def _name(sender: Sender) -> str:
    names = (sender.profile.get(each) for each in ("name", "first_name", "last_name"))
    return " ".join(str(each) for each in names if each)
