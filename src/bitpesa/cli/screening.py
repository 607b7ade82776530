"""`bitpesa screening`: sanction lists, and the senders that are like somebody on them."""

from pathlib import Path
from typing import Annotated

import typer

from bitpesa.cli.acting import As, Reason, act, acting, note, read_object_id
from bitpesa.cli.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.cli.failures import CannotGoOn
from bitpesa.cli.keys import AppId
from bitpesa.cli.terminal import say
from bitpesa.kernel.database import Work
from bitpesa.organisations.model import App
from bitpesa.screening import list_formats, names, operations, queries
from bitpesa.screening.list_formats import FORMATS, UnknownFormat
from bitpesa.screening.model import Hit, ListInfo
from bitpesa.senders.operations import screen_everybody
from bitpesa.transactions.operations.senders import dismiss_hits
from bitpesa.wiring import Platform

MOST_SHOWN = 200

app = typer.Typer(help="Sanction lists, and who is like somebody on them.", no_args_is_help=True)


@app.command("load")
def load_list(
    file: Annotated[Path, typer.Argument(help="The list, as its publisher offers it.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it; without it, by its format.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help=f"One of {', '.join(FORMATS)}; without it, by the file's columns.")
    ] = None,
    aliases: Annotated[Path | None, typer.Option("--aliases", help="OFAC's second file, ALT.CSV.")] = None,
    sandbox_only: Annotated[bool, typer.Option("--sandbox-only", help="Do not use it on live senders.")] = False,  # noqa: FBT002
    who: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Load a sanction list in place of its older edition, and have every sender looked up again."""
    text = _read(file)
    chosen = format_ or _recognised(text)
    if chosen not in FORMATS:
        raise CannotGoOn(f"{chosen} is no format: {', '.join(FORMATS)}")

    async def work(work: Work) -> tuple[int, int]:
        more = None if aliases is None else _read(aliases)
        listed = await operations.load_list(
            work, name or chosen, text, format_=chosen, aliases=more, sandbox_only=sandbox_only
        )
        await note(work, who, "screening_list.loaded", "ScreeningList", name or chosen, after={"entries": listed})
        return listed, await screen_everybody(work)

    async def run(platform: Platform) -> tuple[int, int]:
        return await platform.database.run(work)

    try:
        listed, senders = work_on(data, database_url, run)
    except UnknownFormat as problem:
        raise CannotGoOn(f"{file}: {problem}") from None
    say(f"{listed} on list {name or chosen}; {senders} senders will be looked up")
    if not names.HAS_RIGOUR:
        say("names are compared by their letters alone: install bitpesa[screening] for titles, forms and scripts")


@app.command("lists")
def list_lists(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Show the lists that senders are looked up on."""

    async def run(platform: Platform) -> list[ListInfo]:
        async with platform.database.reading() as conn:
            return await queries.lists(conn)

    for known in work_on(data, database_url, run):
        where = "sandbox only" if known.sandbox_only else "everywhere"
        say(f"{known.name}  {known.entries} entries  loaded {known.loaded_at:%Y-%m-%d %H:%M}  {where}")


@app.command("hits")
def list_hits(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Show the senders that are like somebody listed and that nobody approved since, the newest first."""

    async def run(platform: Platform) -> list[Hit]:
        async with platform.database.reading() as conn:
            return await queries.open_hits(conn, MOST_SHOWN)

    for hit in work_on(data, database_url, run):
        decided = "rejects" if hit.decisive else "to be looked at"
        say(f"{hit.score:>3}  {decided}  sender {hit.sender_id} of app {hit.app_id}: {hit.screened_name}")
        say(f"     {hit.list} {hit.uid} ({hit.programme}): {'; '.join(hit.reasons)}")


@app.command("dismiss")
def dismiss(
    sender: Annotated[str, typer.Argument(help="The sender's id.")],
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Let the hits of a sender count no more: it is somebody else."""
    sender_id = read_object_id(sender, "sender")

    async def do(work: Work, chosen: App, _: Platform) -> int:
        return await dismiss_hits(work, chosen, sender_id, actor=acting(name), reason=reason)

    say(f"{act(data, database_url, app_id, 'sender', do)} hits of sender {sender_id} count no more")


def _recognised(text: str) -> str:
    try:
        return list_formats.recognise(text)
    except UnknownFormat as problem:
        raise CannotGoOn(str(problem)) from None


def _read(file: Path) -> str:
    """The text of a file; publishers write UTF-8, or Windows' Latin letters."""
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise CannotGoOn(f"cannot read {file}: {problem.strerror}") from problem
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
