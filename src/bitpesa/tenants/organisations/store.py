"""The rows of organisations, apps, keys and used nonces."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import new_id
from bitpesa.tenants.organisations.model import (
    Admission,
    Admitted,
    ApiKey,
    App,
    AppSettings,
    Contact,
    Environment,
    Organisation,
)
from bitpesa.tenants.organisations.problems import AppExists
from bitpesa.tenants.organisations.rules import read_settings

_CONTACT = Contact.__struct_fields__

_sql = load(__package__, "organisations.sql")


async def insert_organisation(conn: Connection, name: str, contact: Contact | None) -> Organisation:
    """Write an organisation."""
    said = [None] * len(_CONTACT) if contact is None else [getattr(contact, field) for field in _CONTACT]
    return _organisation(await _sql.insert_organisation.one(conn, new_id(), name, *said))


async def find_organisations(conn: Connection, ids: Iterable[UUID]) -> dict[UUID, Organisation]:
    """Read organisations, by id."""
    return {row["id"]: _organisation(row) for row in await _sql.organisations.rows(conn, list(ids))}


async def list_organisations(conn: Connection) -> list[Organisation]:
    """Read every organisation, oldest first."""
    rows = await _sql.list_organisations.rows(conn)
    return [_organisation(row) for row in rows]


async def page_of_organisations(
    conn: Connection, name: str | None, *, first: Iterable[UUID], also: Iterable[UUID], limit: int, offset: int
) -> tuple[list[Organisation], int]:
    """Read organisations by a text in their name, some of them before all others; how many there are."""
    others = list(also)
    rows = await _sql.page_of_organisations.rows(conn, name, list(first), others, limit, offset)
    return [_organisation(row) for row in rows], int(await _sql.count_organisations.value(conn, name, others))


async def organisations_named(conn: Connection, name: str) -> list[Organisation]:
    """Read the organisations of this name, oldest first: names are not unique."""
    rows = await _sql.organisations_named.rows(conn, name)
    return [_organisation(row) for row in rows]


async def insert_app(
    conn: Connection, organisation_id: UUID, environment: Environment, settings: AppSettings
) -> App | None:
    """Write an app; None when there is no such organisation. Raises AppExists."""
    try:
        row = await _sql.insert_app.row(conn, new_id(), organisation_id, environment, json.encode_text(settings))
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name == "one_app_per_organisation_and_environment":
            raise AppExists from violation
        raise
    return _app(row)


async def find_app(conn: Connection, app_id: UUID) -> App | None:
    """Read an app."""
    return _app(await _sql.app.row(conn, app_id))


async def environment_of(conn: Connection, app_id: UUID) -> Environment | None:
    """Read the environment of an app."""
    found: Environment | None = await _sql.environment_of.value(conn, app_id)
    return found


async def find_apps(conn: Connection, ids: Iterable[UUID]) -> list[App]:
    """Read apps."""
    return [_read_app(row) for row in await _sql.apps.rows(conn, list(ids))]


async def apps_in_use(conn: Connection) -> list[App]:
    """Read every app that is not retired."""
    return [_read_app(row) for row in await _sql.apps_in_use.rows(conn)]


async def page_of_apps(conn: Connection, name: str | None, *, limit: int, offset: int) -> tuple[list[App], int]:
    """Read apps that are not retired, by a text in the name of their organisation; how many there are."""
    rows = await _sql.page_of_apps.rows(conn, name, limit, offset)
    return [_read_app(row) for row in rows], int(await _sql.count_apps.value(conn, name))


async def apps_of_organisations(conn: Connection, organisation_ids: Iterable[UUID]) -> list[App]:
    """Read the apps of organisations that are not retired, sandbox first."""
    rows = await _sql.apps_of_organisations.rows(conn, list(organisation_ids))
    return [_read_app(row) for row in rows]


async def retire_app(conn: Connection, app_id: UUID) -> App | None:
    """Note that a fresh app takes the place of this one; None when one did already."""
    return _app(await _sql.retire_app.row(conn, app_id))


async def move_keys(conn: Connection, app_id: UUID, to_app_id: UUID) -> None:
    """Have the keys of an app speak for another one."""
    await _sql.move_keys.run(conn, app_id, to_app_id)


async def lock_app(conn: Connection, app_id: UUID) -> App | None:
    """Read an app and keep others from changing it until the transaction ends."""
    return _app(await _sql.lock_app.row(conn, app_id))


async def set_settings(conn: Connection, app_id: UUID, settings: AppSettings) -> App | None:
    """Write the settings of an app."""
    return _app(await _sql.set_settings.row(conn, app_id, json.encode_text(settings)))


async def set_disabled(conn: Connection, app_id: UUID, *, disabled: bool) -> App | None:
    """Shut an app out, or let it in again."""
    return _app(await _sql.set_disabled.row(conn, app_id, disabled))


async def insert_key(conn: Connection, app_id: UUID, key: str, sealed_secret: bytes, *, enabled: bool) -> ApiKey:
    """Write an API key; one that is not enabled is refused until it is."""
    return _read_key(await _sql.insert_key.one(conn, new_id(), app_id, key, sealed_secret, enabled))


async def keys_of_app(conn: Connection, app_id: UUID) -> list[ApiKey]:
    """Read the keys of an app, newest first, revoked ones included."""
    return [_read_key(row) for row in await _sql.keys_of_app.rows(conn, app_id)]


async def revoke_key(conn: Connection, app_id: UUID, key_id: UUID, after: timedelta) -> ApiKey | None:
    """End a key after a while, unless it ends sooner anyway."""
    row = await _sql.revoke_key.row(conn, app_id, key_id, after)
    return _read_key(row) if row else None


async def enable_key(conn: Connection, key: str) -> ApiKey | None:
    """Let a key work, by its text."""
    row = await _sql.enable_key.row(conn, key)
    return _read_key(row) if row else None


async def delete_useless_nonces(conn: Connection, age: timedelta, most: int) -> int:
    """Delete nonces of keys that were revoked so long ago; answers how many."""
    return await _sql.delete_useless_nonces.run(conn, age, most)


async def sealed_key(conn: Connection, app_id: UUID, key_id: UUID) -> Row | None:
    """Read a key with its sealed secret and its environment."""
    return await _sql.sealed_key.row(conn, app_id, key_id)


async def sealed_key_by_text(conn: Connection, key: str) -> Row | None:
    """Find an active key by its text."""
    return await _sql.sealed_key_by_text.row(conn, key)


async def sealed_keys_to_sign_with(conn: Connection, wanted: Collection[tuple[UUID, UUID | None]]) -> list[Row]:
    """Find the keys to sign with, by app and preferred key: that one while it is active, else the newest active one."""
    return await _sql.sealed_keys_to_sign_with.rows(
        conn, [app_id for app_id, _ in wanted], [preferred_id for _, preferred_id in wanted]
    )


async def sealed_secrets(conn: Connection) -> list[bytes]:
    """Read every sealed secret."""
    return [row["sealed_secret"] for row in await _sql.sealed_secrets.rows(conn)]


async def lock_sealed_secrets(conn: Connection) -> dict[UUID, bytes]:
    """Read every sealed secret, and keep others from changing them."""
    return {row["id"]: row["sealed_secret"] for row in await _sql.lock_sealed_secrets.rows(conn)}


async def set_sealed_secrets(conn: Connection, ids: Sequence[UUID], sealed_secrets: Sequence[bytes]) -> None:
    """Write sealed secrets."""
    await _sql.set_sealed_secrets.run(conn, ids, sealed_secrets)


async def active_app(conn: Connection, app_id: UUID, key_id: UUID) -> Admitted | None:
    """Read the app of a key, and its time; None when the key is revoked or the app disabled."""
    return _admitted(await _sql.active_app.row(conn, app_id, key_id))


async def burn_nonces(
    conn: Connection, nonces: Iterable[tuple[UUID, UUID, bytes]]
) -> dict[tuple[UUID, UUID, bytes], Admitted | Exception]:
    """Use up nonces (app, key and hash) and read their apps; what was used before, or has no active key, is missing.

    An app that cannot be read is a problem of its own callers: it stands in its place.
    """
    asked = [{"app_id": app_id, "api_key_id": key_id, "hash": nonce_hash} for app_id, key_id, nonce_hash in nonces]
    rows = await _sql.burn_nonces.rows(conn, asked)
    return {(row["id"], row["api_key_id"], row["hash"]): _admitted_or_problem(row) for row in rows}


def _admitted_or_problem(row: Row) -> Admitted | Exception:
    try:
        return _read_admitted(row)
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
        return problem


async def admit(work: Work, a: Admission, nonce_hash: bytes) -> None:
    """Use up a nonce together with what is written under it; the row is missing when that may not be."""
    asked = {"app_id": a.app_id, "api_key_id": a.key_id, "hash": nonce_hash, "version": a.version, "at": a.at}
    await work.write((_sql.admit, [asked]))


def _admitted(row: Row | None) -> Admitted | None:
    return _read_admitted(row) if row else None


def _read_admitted(row: Row) -> Admitted:
    return Admitted(_read_app(row), row["app_time"], row["version"], row["has_own_clock"])


def _app(row: Row | None) -> App | None:
    return _read_app(row) if row else None


def _read_app(row: Row) -> App:
    settings = read_settings(row["environment"], row["settings"])
    return App(row["id"], row["organisation_id"], row["environment"], settings, row["disabled_at"])


def _read_key(row: Row) -> ApiKey:
    return ApiKey(
        row["id"],
        row["app_id"],
        row["key"],
        row["created_at"],
        row["revoked_at"],
        row["enabled_at"],
        row["is_active"],
    )


def _organisation(row: Row) -> Organisation:
    said = {field: row[field] for field in _CONTACT}
    contact = None if said["country"] is None else Contact(**said)
    return Organisation(row["id"], row["name"], row["created_at"], contact)
