"""What is known of apps and keys."""

from collections.abc import Iterable
from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.statements import Connection
from bitpesa.tenants.organisations import store
from bitpesa.tenants.organisations.model import Admitted, ApiKey, App, Environment, Organisation


async def find_app(conn: Connection, app_id: UUID) -> App | None:
    """The app, disabled or not; None when there is none."""
    return await store.find_app(conn, app_id)


async def environment_of(conn: Connection, app_id: UUID) -> Environment | None:
    """The environment of an app, which never changes; None when there is no such app."""
    return await store.environment_of(conn, app_id)


async def find_apps(conn: Connection, ids: Iterable[UUID]) -> list[App]:
    """Some apps, disabled or not, in no order; those that are not there are left out."""
    return await store.find_apps(conn, ids)


async def list_organisations(conn: Connection) -> list[Organisation]:
    """Every organisation, oldest first."""
    return await store.list_organisations(conn)


async def page_of_organisations(
    conn: Connection,
    name: str | None = None,
    *,
    first: Iterable[UUID] = (),
    also: Iterable[UUID] = (),
    limit: int,
    offset: int = 0,
) -> tuple[list[Organisation], int]:
    """Organisations that have a text in their name, and those in `also`; how many there are.

    The newest first; before them those in `first`.
    """
    return await store.page_of_organisations(conn, name, first=first, also=also, limit=limit, offset=offset)


async def find_organisations(conn: Connection, ids: Iterable[UUID]) -> dict[UUID, Organisation]:
    """Organisations, by id."""
    return await store.find_organisations(conn, ids)


async def oldest_organisation_named(conn: Connection, name: str) -> Organisation | None:
    """The organisation that took this name first; None when nobody has it."""
    found = await store.organisations_named(conn, name)
    return found[0] if found else None


async def apps_in_use(conn: Connection) -> list[App]:
    """Every app that is not retired."""
    return await store.apps_in_use(conn)


async def list_apps(conn: Connection, organisation_id: UUID) -> list[App]:
    """The apps of an organisation, sandbox first."""
    return await store.apps_of_organisations(conn, [organisation_id])


async def apps_of(conn: Connection, organisation_ids: Iterable[UUID]) -> dict[UUID, list[App]]:
    """The apps of organisations, sandbox first, by organisation."""
    found: dict[UUID, list[App]] = {each: [] for each in organisation_ids}
    for app in await store.apps_of_organisations(conn, found):
        found[app.organisation_id].append(app)
    return found


async def page_of_apps(
    conn: Connection, name: str | None = None, *, limit: int, offset: int = 0
) -> tuple[list[App], int]:
    """Apps whose organisation has a text in its name, in the order of these names; how many there are."""
    return await store.page_of_apps(conn, name, limit=limit, offset=offset)


async def active_app(conn: Connection, app_id: UUID, key_id: UUID) -> Admitted | None:
    """The app of a key, and its time; None when the key is revoked or the app disabled."""
    return await store.active_app(conn, app_id, key_id)


async def list_keys(conn: Connection, app_id: UUID) -> list[ApiKey]:
    """The keys of an app, newest first, revoked ones included."""
    return await store.keys_of_app(conn, app_id)


async def key_secret(conn: Connection, vault: Vault, app_id: UUID, key_id: UUID) -> str | None:
    """The secret of a key, for those who may see it. Raises CannotDecrypt."""
    row = await store.sealed_key(conn, app_id, key_id)
    return vault.open(row["sealed_secret"]) if row else None


async def older_seals(conn: Connection, vault: Vault) -> int:
    """How many secrets of keys an older master key is needed for."""
    return sum(not vault.is_sealed_by_newest(sealed) for sealed in await store.sealed_secrets(conn))
