"""What members do with the API keys of their organisation: make, look at, replace and revoke them (flows 2, 12)."""

from datetime import timedelta
from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.pool import Work
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import queries
from bitpesa.tenants.organisations.model import ApiKey, App
from bitpesa.tenants.users import store
from bitpesa.tenants.users.model import Permission, User
from bitpesa.tenants.users.operations.members import note

LONGEST_OVERLAP = timedelta(days=30)
MOST_KEYS = 20
"""How many keys of an app may work at once."""


async def create_key(work: Work, vault: Vault, user: User, app: App, *, enabled: bool) -> ApiKey | str:
    """Make a key; answers why not, when that is refused. One that is not enabled waits for staff."""
    refusal = await _refused(work, user, app, Permission.API_KEYS_WRITE, "api_key.creation_refused", app.id)
    if refusal is not None:
        return refusal
    working = [key for key in await queries.list_keys(work.conn, app.id) if key.revoked_at is None or key.is_active]
    if len(working) >= MOST_KEYS:
        return f"an app has {MOST_KEYS} keys at most: revoke one first"
    key, _ = await organisations.create_key(work, vault, app.id, enabled=enabled)
    await _note(work, user, app, "api_key.created", key)
    return key


async def secret_of(work: Work, vault: Vault, user: User, app: App, key_id: UUID) -> str | None:
    """The secret of a key, for members who may see it; None when there is no such key or it is not theirs to see."""
    if await _refused(work, user, app, Permission.API_KEYS_READ, "api_key.secret_refused", key_id) is not None:
        return None
    secret = await queries.key_secret(work.conn, vault, app.id, key_id)
    if secret is not None:
        await note(work, user, app.organisation_id, "api_key.secret_shown", "api_key", key_id, app_id=app.id)
    return secret


async def revoke_key(work: Work, user: User, app: App, key_id: UUID) -> ApiKey | str:
    """End a key at once; answers why not, when that is refused. Raises NotFound."""
    refusal = await _refused(work, user, app, Permission.API_KEYS_WRITE, "api_key.revocation_refused", key_id)
    if refusal is not None:
        return refusal
    key = await organisations.revoke_key(work, app.id, key_id)
    await _note(work, user, app, "api_key.revoked", key)
    return key


async def replace_key(
    work: Work, vault: Vault, user: User, app: App, key_id: UUID, overlap: timedelta, *, enabled: bool
) -> ApiKey | str:
    """Make a key in place of another, which still works for a while; answers why not, when that is refused.

    Raises NotFound.
    """
    made = await create_key(work, vault, user, app, enabled=enabled)
    if isinstance(made, str):
        return made
    after = min(max(overlap, timedelta(0)), LONGEST_OVERLAP)
    old = await organisations.revoke_key(work, app.id, key_id, after=after)
    await _note(work, user, app, "api_key.replaced", old, by=made.key)
    return made


async def _refused(work: Work, user: User, app: App, needed: Permission, action: str, object_id: UUID) -> str | None:
    """Why a user may not do this with keys of an app, as the database says now; it is written down."""
    members = await store.members_of_user(work.conn, user.id)
    member = next((each for each in members if each.organisation_id == app.organisation_id), None)
    if member is not None and member.may(needed):
        return None
    await note(
        work,
        user,
        app.organisation_id,
        action,
        "api_key",
        object_id,
        app_id=app.id,
        details={"refusal": f"asks for {needed}"},
    )
    return f"asks for {needed}"


async def _note(work: Work, user: User, app: App, action: str, key: ApiKey, **details: str) -> None:
    await note(
        work,
        user,
        app.organisation_id,
        action,
        "api_key",
        key.id,
        app_id=app.id,
        after={"key": key.key, "revoked_at": key.revoked_at and key.revoked_at.isoformat()},
        details=details,
    )
