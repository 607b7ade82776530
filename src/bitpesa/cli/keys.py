"""`bitpesa keys`: the API keys of an app."""

from typing import Annotated

import typer

from bitpesa.cli.choosing import chosen_app, read_key_id
from bitpesa.cli.deployment import DEFAULT_DATA, Data, DatabaseUrl, work_on
from bitpesa.cli.failures import CannotGoOn
from bitpesa.cli.terminal import AsJson, say, say_json
from bitpesa.kernel.database import Work
from bitpesa.kernel.encryption import Vault
from bitpesa.kernel.problems import NotFound
from bitpesa.organisations import operations, queries
from bitpesa.organisations.model import ApiKey
from bitpesa.people.operations import authenticator
from bitpesa.wiring import Platform

app = typer.Typer(help="API keys of an app.", no_args_is_help=True)

AppId = Annotated[
    str | None, typer.Option("--app", help="The app's id; without it, the sandbox app of the demo organisation.")
]


@app.command()
def create(
    app_id: AppId = None, data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None, *, as_json: AsJson = False
) -> None:
    """Issue a key, and show its secret."""

    async def work(work: Work, platform: Platform) -> tuple[ApiKey, str]:
        chosen = await chosen_app(work.conn, app_id)
        return await operations.create_key(work, platform.vault, chosen.id)

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
    app_id: AppId = None,
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """End a key for ever: its next request is refused."""

    async def work(work: Work) -> ApiKey:
        chosen = await chosen_app(work.conn, app_id)
        return await operations.revoke_key(work, chosen.id, read_key_id(key_id))

    async def run(platform: Platform) -> ApiKey:
        return await platform.database.run(work)

    say(f"revoked {work_on(data, database_url, run).key}")


@app.command()
def enable(
    key: Annotated[str, typer.Argument(help="The text of the key.")],
    data: Data = DEFAULT_DATA,
    database_url: DatabaseUrl = None,
) -> None:
    """Let a key work that was made while BITPESA_SANDBOX_KEY_ACTIVATION is manual."""

    async def run(platform: Platform) -> ApiKey:
        return await platform.database.run(operations.enable_key, key)

    try:
        say(f"enabled {work_on(data, database_url, run).key}")
    except NotFound:
        raise CannotGoOn(f"there is no key {key}") from None


@app.command()
def reseal(data: Data = DEFAULT_DATA, database_url: DatabaseUrl = None) -> None:
    """Encrypt every secret anew under the first master key: after that the older master keys can go."""

    async def run(platform: Platform) -> int:
        return await platform.database.run(_seal_again, platform.vault)

    say(f"{work_on(data, database_url, run)} secrets are sealed under the first master key")


async def _seal_again(work: Work, vault: Vault) -> int:
    return await operations.seal_secrets_again(work, vault) + await authenticator.seal_secrets_again(work, vault)


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"{'ends' if key.is_active else 'revoked'} {key.revoked_at:%Y-%m-%d %H:%M}"
    return "active" if key.is_active else "waits: bitpesa keys enable"
