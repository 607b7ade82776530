"""`bitpesa screening`: sanction lists, and the senders and recipients that are like somebody on them."""

from pathlib import Path
from typing import Annotated

import typer

from bitpesa.cli.keys import AppId
from bitpesa.cli.staff_actions import MOST_SHOWN, As, Reason, act, acting, read_object_id, say_rest
from bitpesa.cli.terminal import say
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.compliance import sanction_lists
from bitpesa.payments.compliance.matches import dismiss_recipient_hits
from bitpesa.payments.compliance.senders import dismiss_hits
from bitpesa.payments.screening import queries
from bitpesa.payments.screening.list_files import read_file
from bitpesa.payments.screening.list_formats import FORMATS, UnreadableList
from bitpesa.payments.screening.model import Hit, ListFile, ListInfo
from bitpesa.payments.transactions.model import Payment
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import Platform

app = typer.Typer(help="Sanction lists, and who is like somebody on them.", no_args_is_help=True)


@app.command("load")
def load_list(
    file: Annotated[Path, typer.Argument(help="The list, as its publisher offers it.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it; without it, by its format.")] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help=f"One of {', '.join(FORMATS)}; without it, by the file's first lines."),
    ] = None,
    aliases: Annotated[Path | None, typer.Option("--aliases", help="OFAC's second file, ALT.CSV.")] = None,
    sandbox_only: Annotated[bool, typer.Option("--sandbox-only", help="Do not use it on live senders.")] = False,  # noqa: FBT002
    who: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Load a sanction list in place of its older edition, and have every sender looked up again."""
    if format_ is not None and format_ not in FORMATS:
        raise CannotGoOn(f"{format_} is no format: {', '.join(FORMATS)}")
    more = None if aliases is None else _read(aliases)
    content = _read(file)

    async def run(platform: Platform) -> tuple[str, ListFile]:
        try:
            read = read_file(
                content,
                file.name,
                format_=format_,
                aliases=more,
                most_bad_percent=platform.settings.screening_list_max_bad_percent,
            )
        except UnreadableList as problem:
            raise CannotGoOn(f"{file}: {problem}") from None
        called = await platform.database.run(
            sanction_lists.load_list, name or "", read, actor=acting(who), sandbox_only=sandbox_only
        )
        return called, read

    called, read = work_on(data, database_url, run)
    say(f"{len(read.entries)} on list {called}; every sender will be looked up")
    for problem in read.problems[:MOST_SHOWN]:
        say(f"not read whole: {problem}")
    say_rest(read.problems[:MOST_SHOWN], len(read.problems))


@app.command("retire")
def retire_list(
    name: Annotated[str, typer.Argument(help="The list, as `lists` calls it.")],
    reason: Reason = None,
    who: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Use a list no more: what was found by it counts no more, unless it is loaded again."""

    async def run(platform: Platform) -> None:
        await platform.database.run(sanction_lists.retire_list, name, actor=acting(who), reason=reason)

    try:
        work_on(data, database_url, run)
    except NotFound:
        raise CannotGoOn(f"there is no list {name}") from None
    say(f"list {name} is used no more; every sender will be looked up")


@app.command("lists")
def list_lists(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Show the lists that senders are looked up on."""

    async def run(platform: Platform) -> list[ListInfo]:
        async with platform.database.reading() as conn:
            return await queries.lists(conn)

    for known in work_on(data, database_url, run):
        where = "sandbox only" if known.sandbox_only else "everywhere"
        by = f" by {known.loaded_by} from {known.file_name}" if known.loaded_by else ""
        say(f"{known.name}  {known.entries} entries  loaded {known.loaded_at:%Y-%m-%d %H:%M}{by}  {where}")


@app.command("hits")
def list_hits(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Show potential sanctions matches that nobody has looked at yet, the newest first."""

    async def run(platform: Platform) -> tuple[list[Hit], int]:
        async with platform.database.reading() as conn:
            return await queries.open_hits(conn, limit=MOST_SHOWN)

    hits, total = work_on(data, database_url, run)
    for hit in hits:
        decided = "holds payments" if hit.decisive else "to be looked at"
        of = f"recipient {hit.recipient_id}" if hit.recipient_id else f"sender {hit.sender_id}"
        say(f"{hit.score:>3}  {decided}  {of} of app {hit.app_id}: {hit.screened_name}")
        say(f"     {hit.list} {hit.uid} ({hit.programme}): {'; '.join(hit.reasons)}")
    say_rest(hits, total)


@app.command("dismiss")
def dismiss(
    sender: Annotated[str, typer.Argument(help="The sender's id.")],
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Say that a potential match of a sender is a false positive: it is as before, and its payments go on."""
    sender_id = read_object_id(sender, "sender")

    async def do(work: Work, chosen: App, _: Platform) -> int:
        return await dismiss_hits(work, chosen, sender_id, actor=acting(name), reason=reason)

    say(f"{act(data, database_url, app_id, 'sender', do)} matches of sender {sender_id} are false positives")


@app.command("dismiss-recipient")
def dismiss_recipient(
    recipient: Annotated[str, typer.Argument(help="The recipient's id.")],
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Say that a potential match of a recipient is a false positive: what is held for nothing else is paid."""
    recipient_id = read_object_id(recipient, "recipient")

    async def do(work: Work, chosen: App, _: Platform) -> Payment:
        return await dismiss_recipient_hits(work, chosen, recipient_id, actor=acting(name), reason=reason)

    say(f"transaction is {act(data, database_url, app_id, 'recipient', do).transaction.state}")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise CannotGoOn(f"cannot read {file}: {problem.strerror}") from problem
