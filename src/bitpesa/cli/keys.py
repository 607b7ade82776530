"""`bitpesa keys`: the API keys of an app."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from bitpesa.cli import staff_actions
from bitpesa.cli.app_option import chosen_app, read_key_id
from bitpesa.cli.sealing import SEALED, links_last
from bitpesa.cli.staff_actions import As, Reason
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.server.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.server.problems import CannotGoOn
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters
from bitpesa.tenants.organisations import operations, queries
from bitpesa.tenants.organisations.model import ApiKey
from bitpesa.wiring import Platform

RESEALED = "api_key.secrets_resealed"

app = typer.Typer(help="API keys of an app.", no_args_is_help=True)

AppId = Annotated[
    str | None, typer.Option("--app", help="The app's id; without it, the sandbox app of the demo organisation.")
]


@app.command()
def create(
    app_id: AppId = None,
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Issue a key, and show its secret."""

    async def work(work: Work, platform: Platform) -> tuple[ApiKey, str]:
        chosen = await chosen_app(work.conn, app_id)
        key, secret = await operations.create_key(work, platform.vault, chosen.id)
        await staff_actions.note(work, name, "api_key.created", "ApiKey", key.id, app=chosen, after={"key": key.key})
        return key, secret

    async def run(platform: Platform) -> tuple[ApiKey, str]:
        return await platform.database.run(work, platform)

    key, secret = work_on(data, database_url, run)
    if as_json:
        say_json({"id": key.id, "key": key.key, "secret": secret})
    else:
        say(f"id      {key.id}\nkey     {key.key}\nsecret  {secret}")


@app.command("list")
def list_all(
    app_id: AppId = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False
) -> None:
    """List the keys of an app, newest first."""

    async def run(platform: Platform) -> list[ApiKey]:
        async with platform.database.reading() as conn:
            return await queries.list_keys(conn, (await chosen_app(conn, app_id)).id)

    keys = work_on(data, database_url, run)
    if as_json:
        say_json(keys)
        return
    for key in keys:
        say(f"{key.id}  {key.key}  made {key.created_at:%Y-%m-%d %H:%M}  {_state(key)}")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id of the key, as `keys list` shows it.")],
    reason: Reason = None,
    name: As = None,
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """End a key for ever: its next request is refused."""

    async def work(work: Work) -> ApiKey:
        chosen = await chosen_app(work.conn, app_id)
        key = await operations.revoke_key(work, chosen.id, read_key_id(key_id))
        await staff_actions.note(work, name, "api_key.revoked", "ApiKey", key.id, app=chosen, reason=reason)
        return key

    async def run(platform: Platform) -> ApiKey:
        return await platform.database.run(work)

    say(f"revoked {work_on(data, database_url, run).key}")


@app.command()
def enable(
    key: Annotated[str, typer.Argument(help="The text of the key.")],
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Let a key work that was made while BITPESA_SANDBOX_KEY_ACTIVATION is manual."""

    async def work(work: Work) -> ApiKey:
        enabled = await operations.enable_key(work, key)
        app = await queries.find_app(work.conn, enabled.app_id)
        await staff_actions.note(work, name, "api_key.enabled", "ApiKey", enabled.id, app=app)
        return enabled

    async def run(platform: Platform) -> ApiKey:
        return await platform.database.run(work)

    try:
        say(f"enabled {work_on(data, database_url, run).key}")
    except NotFound:
        raise CannotGoOn(f"there is no key {key}") from None


@app.command()
def reseal(
    name: As = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what an older master key is still needed for; fail if it is.")
    ] = False,
) -> None:
    """Encrypt everything sealed anew under the first master key: `--check` says when the older ones can go."""

    async def work(work: Work, platform: Platform) -> dict[str, int]:
        sealed = {each.what: await each.seal_again(work, platform.vault) for each in SEALED}
        details = {"secrets": sum(sealed.values())}
        await staff_actions.note(work, name, RESEALED, "ApiKey", "all", details=details)
        return sealed

    async def run(platform: Platform) -> tuple[dict[str, int], timedelta]:
        return await platform.database.run(work, platform), links_last(platform.settings)

    if check:
        _say_what_needs_older_keys(work_on(data, database_url, _older_seals))
        return
    sealed, wait = work_on(data, database_url, run)
    for what, count in sealed.items():
        say(f"{what} sealed under the first master key: {count}")
    say(
        "Links to files that were signed under an older one are good for "
        f"{round(wait.total_seconds() / 60)} minutes after the last process has been restarted with the new one: until "
        "then keep the older one, and ask `bitpesa keys reseal --check`."
    )


async def _older_seals(platform: Platform) -> tuple[dict[str, int], datetime | None]:
    """What needs an older master key; and until when links may, None when it is known that none does."""
    async with platform.database.reading() as conn:
        older = {each.what: await each.older_seals(conn, platform.vault) for each in SEALED}
        entries, _ = await trail.list_page(conn, Filters(action=RESEALED), limit=1)
        now = await clock.real_now(conn)
    until = (entries[0].created_at if entries else now) + links_last(platform.settings)
    has_older_keys = len(platform.settings.master_keys) > 1
    return older, until if has_older_keys and until > now else None


def _say_what_needs_older_keys(found: tuple[dict[str, int], datetime | None]) -> None:
    older, until = found
    for what, count in older.items():
        say(f"{what} that need an older master key: {count}")
    if until is not None:
        say(f"links to files that an older one has signed may be open until {until:%Y-%m-%d %H:%M} UTC")
    if any(older.values()):
        raise CannotGoOn("the older master keys are in use: bitpesa keys reseal")
    if until is not None:
        raise CannotGoOn("the older master keys are in use by links: wait until these have ended")
    say("no older master key is in use")


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"{'ends' if key.is_active else 'revoked'} {key.revoked_at:%Y-%m-%d %H:%M}"
    return "active" if key.is_active else "waits: bitpesa keys enable"
