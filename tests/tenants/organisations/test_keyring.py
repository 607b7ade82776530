from uuid import UUID, uuid4

import pytest
import structlog

from bitpesa.kernel.crypto.encryption import CannotDecrypt, Vault, new_master_key
from bitpesa.tenants.organisations import key_cache, operations
from bitpesa.tenants.organisations.key_cache import KeyRing


async def test_a_key_is_found_by_its_text_and_remembered(database, vault, app):
    key, secret = await database.run(operations.create_key, vault, app.id)
    keys = KeyRing(vault)
    assert keys.remembered(key.key) is None
    async with database.reading() as conn:
        credential = await keys.by_text(conn, key.key)
        assert await keys.by_text(conn, key.key.upper()) is None
    assert (credential.key_id, credential.app_id, credential.environment) == (key.id, app.id, "sandbox")
    assert credential.secret == secret
    assert keys.remembered(key.key) is credential


async def test_a_revoked_key_is_no_longer_found(database, vault, app):
    key, _ = await database.run(operations.create_key, vault, app.id)
    keys = KeyRing(vault)
    async with database.reading() as conn:
        assert await keys.by_text(conn, key.key)
        await database.run(operations.revoke_key, app.id, key.id)
        assert await keys.by_text(conn, key.key) is None


async def test_deliveries_are_signed_with_the_preferred_key_or_the_newest_one(database, vault, app):
    older, newer = [(await database.run(operations.create_key, vault, app.id))[0] for _ in range(2)]
    wanted = [(app.id, older.id), (app.id, None), (app.id, newer.id), (uuid4(), None)]

    async def found() -> list[UUID | None]:
        async with database.reading() as conn:
            keys = await KeyRing(vault).to_sign_with(conn, wanted)
        return [keys[each].key_id if each in keys else None for each in wanted]

    assert await found() == [older.id, newer.id, newer.id, None]
    await database.run(operations.revoke_key, app.id, older.id)
    assert await found() == [newer.id, newer.id, newer.id, None]
    await database.run(operations.revoke_key, app.id, newer.id)
    assert await found() == [None] * 4


async def test_a_key_that_cannot_be_opened_keeps_nobody_else_from_signing(database, vault, app):
    """It was sealed under a master key that is gone."""
    theirs = await database.run(operations.create_app, app.organisation_id, "live")
    await database.run(operations.create_key, Vault([new_master_key()]), theirs.id)
    key, _ = await database.run(operations.create_key, vault, app.id)
    async with database.reading() as conn:
        with structlog.testing.capture_logs() as logged:
            found = await KeyRing(vault).to_sign_with(conn, [(theirs.id, None), (app.id, None)])
    assert {name: each.key_id for name, each in found.items()} == {(app.id, None): key.id}
    assert [each["app_id"] for each in logged] == [str(theirs.id)]


async def test_without_the_master_key_a_key_cannot_be_used(database, vault, app):
    key, _ = await database.run(operations.create_key, vault, app.id)
    async with database.reading() as conn:
        with pytest.raises(CannotDecrypt):
            await KeyRing(Vault([new_master_key()])).by_text(conn, key.key)


async def test_no_secret_shows_when_a_credential_is_printed(database, vault, app):
    key, secret = await database.run(operations.create_key, vault, app.id)
    async with database.reading() as conn:
        assert secret not in repr(await KeyRing(vault).by_text(conn, key.key))


async def test_only_so_many_keys_are_remembered():
    row = {"id": uuid4(), "app_id": uuid4(), "environment": "live"}
    vault = Vault([new_master_key()])
    sealed = vault.seal("secret")
    keys = KeyRing(vault)
    for number in range(key_cache.MOST_REMEMBERED + 1):
        keys._opened[f"key-{number}"] = keys._open({**row, "key": "first", "sealed_secret": sealed})
    keys._open({**row, "key": "last", "sealed_secret": sealed})
    assert keys.remembered("first") is None
    assert keys.remembered("last").secret == "secret"
