"""Signing up organisations, opening apps, issuing and revoking keys, using up nonces."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.values.names import read_name
from bitpesa.tenants.organisations import rules, store
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
from bitpesa.tenants.organisations.problems import AppRenewed

LONGEST_NAME = 255


async def create_organisation(work: Work, name: str, contact: Contact | None = None) -> Organisation:
    """Sign up an organisation. Raises Invalid for a name that is none, and for a contact that is none.

    A name is blank, overlong, of several lines or with a link in it: it stands in mail to strangers.
    """
    known_name = read_name(name, LONGEST_NAME)
    if known_name is None:
        raise refused("name", "invalid" if name.strip() else "blank", name=name)
    return await store.insert_organisation(work.conn, known_name, contact and rules.checked_contact(contact))


async def create_app(
    work: Work, organisation_id: UUID, environment: Environment, settings: AppSettings | None = None
) -> App:
    """Open the app of an organisation in an environment. Raises NotFound, AppExists."""
    chosen = settings or rules.default_settings(environment)
    return _found(await store.insert_app(work.conn, organisation_id, environment, chosen))


async def change_settings(work: Work, app_id: UUID, changes: Mapping[str, Any]) -> App:
    """Change what is named and leave the rest. Raises NotFound, and Invalid for unknown names and senseless values."""
    app = _found(await store.lock_app(work.conn, app_id))
    return _found(await store.set_settings(work.conn, app_id, rules.changed_settings(app.settings, changes)))


async def renew_app(work: Work, app: App) -> App:
    """Put a fresh app in the place of a sandbox app, with its settings and its keys. Raises AppRenewed."""
    if not app.is_sandbox:
        raise AssertionError("only play money is begun anew")
    retired = await store.retire_app(work.conn, app.id)
    if retired is None:
        raise AppRenewed
    fresh = _found(await store.insert_app(work.conn, retired.organisation_id, "sandbox", retired.settings))
    await store.move_keys(work.conn, app.id, fresh.id)
    return fresh


async def disable_app(work: Work, app_id: UUID) -> App:
    """Shut an app out: its next request is refused. Raises NotFound."""
    return _found(await store.set_disabled(work.conn, app_id, disabled=True))


async def enable_app(work: Work, app_id: UUID) -> App:
    """Let an app in again. Raises NotFound."""
    return _found(await store.set_disabled(work.conn, app_id, disabled=False))


async def create_key(work: Work, vault: Vault, app_id: UUID, *, enabled: bool = True) -> tuple[ApiKey, str]:
    """Issue a key of an app, and tell its secret; one that is not enabled waits for staff. Raises NotFound."""
    app = _found(await store.find_app(work.conn, app_id))
    secret = rules.new_secret()
    text = rules.new_key(app.environment)
    key = await store.insert_key(work.conn, app_id, text, vault.seal(secret), enabled=enabled)
    return key, secret


async def enable_key(work: Work, key: str) -> ApiKey:
    """Let a key work that waits for it, by its text (flows 0.1, `sandbox_key_activation`). Raises NotFound."""
    found = await store.enable_key(work.conn, key)
    if found is None:
        raise NotFound
    return found


async def revoke_key(work: Work, app_id: UUID, key_id: UUID, *, after: timedelta = timedelta(0)) -> ApiKey:
    """End a key for ever, at once or after a while: from then on its requests are refused. Raises NotFound.

    Revoking it again changes nothing, but that an end which lies ahead is brought nearer.
    """
    key = await store.revoke_key(work.conn, app_id, key_id, after)
    if key is None:
        raise NotFound
    return key


async def seal_secrets_again(work: Work, vault: Vault) -> int:
    """Re-encrypt every secret under the newest master key, and tell how many: then the older keys can go.

    Raises CannotDecrypt.
    """
    sealed = await store.lock_sealed_secrets(work.conn)
    await store.set_sealed_secrets(work.conn, list(sealed), [vault.seal_again(secret) for secret in sealed.values()])
    return len(sealed)


async def burn_nonces(
    conn: Connection, nonces: Sequence[tuple[UUID, UUID, bytes]]
) -> list[Admitted | Exception | None]:
    """Use up nonces of keys whose signatures proved valid, and read the apps and their time (flows 2.1).

    Each is an app, its key and the nonce. None for those that were used before, also earlier in the list, whose key is
    revoked or whose app disabled. The statement stands alone and commits by itself: a request that is refused later has
    used its nonce all the same. An exception for those whose app cannot be read.
    """
    hashed = [(app_id, key_id, _hash_of(nonce)) for app_id, key_id, nonce in nonces]
    admitted = await store.burn_nonces(conn, set(hashed))
    return [admitted.pop(each, None) for each in hashed]


async def admit(work: Work, admission: Admission) -> None:
    """Use up the nonce of a caller whose signature proved valid along with all that it writes (on a sheet).

    It is refused when the nonce was used, the key revoked, the app disabled, or when anything about the app or its time
    is not as it is remembered.
    """
    await store.admit(work, admission, _hash_of(admission.nonce))


def _hash_of(nonce: bytes) -> bytes:
    return hashlib.blake2b(nonce, digest_size=16).digest()


def _found(app: App | None) -> App:
    if app is None:
        raise NotFound
    return app
