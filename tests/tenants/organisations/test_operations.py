import asyncio
from decimal import Decimal
from uuid import uuid4

import pytest

from bitpesa.kernel.crypto.encryption import CannotDecrypt, Vault, new_master_key
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.tenants.organisations import operations, queries
from bitpesa.tenants.organisations.model import AppSettings
from bitpesa.tenants.organisations.problems import AppExists


async def burn(database, app, key_id, nonce):
    async with database.reading() as conn:
        (admitted,) = await operations.burn_nonces(conn, [(app.id, key_id, nonce)])
    return admitted.app if admitted else None


async def test_an_organisation_has_a_name(database):
    organisation = await database.run(operations.create_organisation, "  Nguyễn & Söhne 👩🏽 ")
    assert organisation.name == "Nguyễn & Söhne 👩🏽"


@pytest.mark.parametrize(
    ("name", "error"), [("", "blank"), ("  ", "blank"), ("x" * 256, "invalid"), ("a\x00b", "invalid")]
)
async def test_a_name_that_is_none_is_refused(database, name, error):
    with pytest.raises(Invalid) as refusal:
        await database.run(operations.create_organisation, name)
    assert refusal.value.object["errors"] == {"name": [{"error": error}]}


async def test_an_organisation_has_one_app_per_environment(database, organisation, app):
    live = await database.run(operations.create_app, organisation.id, "live")
    assert (app.is_sandbox, live.is_sandbox) == (True, False)
    assert (app.settings.kyc_mode, live.settings.kyc_mode) == ("waived", "documents")
    with pytest.raises(AppExists):
        await database.run(operations.create_app, organisation.id, "live")
    async with database.reading() as conn:
        assert await queries.list_apps(conn, organisation.id) == [app, live]


async def test_an_app_belongs_to_an_organisation(database):
    with pytest.raises(NotFound):
        await database.run(operations.create_app, uuid4(), "sandbox")


async def test_an_app_may_start_with_settings_of_its_own(database, organisation):
    settings = AppSettings(fee_rate=Decimal("0.03"))
    app = await database.run(operations.create_app, organisation.id, "live", settings)
    assert app.settings == settings


async def test_changes_of_settings_add_up(database, app):
    await asyncio.gather(
        database.run(operations.change_settings, app.id, {"wtr2": True}),
        database.run(operations.change_settings, app.id, {"fee_rate": "0.03"}),
    )
    async with database.reading() as conn:
        found = await queries.find_app(conn, app.id)
    assert found.settings == AppSettings(kyc_mode="waived", wtr2=True, fee_rate=Decimal("0.03"))


async def test_a_senseless_change_changes_nothing(database, app):
    with pytest.raises(Invalid):
        await database.run(operations.change_settings, app.id, {"wtr2": True, "kyc_mode": "none"})
    async with database.reading() as conn:
        assert await queries.find_app(conn, app.id) == app


async def test_what_is_not_there_is_not_found(database, vault):
    for operation, *args in (
        (operations.change_settings, uuid4(), {}),
        (operations.disable_app, uuid4()),
        (operations.enable_app, uuid4()),
        (operations.create_key, vault, uuid4()),
        (operations.revoke_key, uuid4(), uuid4()),
    ):
        with pytest.raises(NotFound):
            await database.run(operation, *args)
    async with database.reading() as conn:
        assert await queries.find_app(conn, uuid4()) is None
        assert await queries.key_secret(conn, vault, uuid4(), uuid4()) is None


async def test_an_app_that_is_disabled_twice_keeps_the_first_time(database, app):
    first = await database.run(operations.disable_app, app.id)
    assert first.disabled_at is not None
    assert (await database.run(operations.disable_app, app.id)).disabled_at == first.disabled_at
    assert (await database.run(operations.enable_app, app.id)).disabled_at is None


async def test_a_key_is_issued_with_a_secret_that_can_be_read_again(database, vault, app):
    key, secret = await database.run(operations.create_key, vault, app.id)
    other, other_secret = await database.run(operations.create_key, vault, app.id)
    assert (key.app_id, key.key[:8], key.revoked_at) == (app.id, "sandbox_", None)
    assert secret != other_secret
    async with database.reading() as conn:
        assert await queries.list_keys(conn, app.id) == [other, key]
        assert await queries.key_secret(conn, vault, app.id, key.id) == secret
        assert await queries.key_secret(conn, vault, uuid4(), key.id) is None
        stored = await conn.fetchval("select sealed_secret from api_keys where id = $1", key.id)
    assert secret.encode() not in stored


async def test_a_key_is_revoked_once_and_by_its_own_app(database, vault, app):
    key, _ = await database.run(operations.create_key, vault, app.id)
    with pytest.raises(NotFound):
        await database.run(operations.revoke_key, uuid4(), key.id)
    revoked = await database.run(operations.revoke_key, app.id, key.id)
    assert revoked.revoked_at is not None
    assert await database.run(operations.revoke_key, app.id, key.id) == revoked


async def test_nonces_that_are_used_up_together_are_each_judged_alone(database, vault, app):
    key, _ = await database.run(operations.create_key, vault, app.id)
    revoked, _ = await database.run(operations.create_key, vault, app.id)
    await database.run(operations.revoke_key, app.id, revoked.id)
    assert await burn(database, app, key.id, b"used") == app
    asked = [(key.id, b"a"), (key.id, b"used"), (key.id, b"a"), (revoked.id, b"b"), (key.id, b"b"), (uuid4(), b"b")]
    async with database.reading() as conn:
        admitted = await operations.burn_nonces(conn, [(app.id, key_id, nonce) for key_id, nonce in asked])
    assert [each is not None for each in admitted] == [True, False, False, False, True, False]


async def test_a_nonce_is_used_once_per_key(database, vault, app):
    key, _ = await database.run(operations.create_key, vault, app.id)
    other, _ = await database.run(operations.create_key, vault, app.id)
    assert await burn(database, app, key.id, b"nonce") == app
    assert await burn(database, app, key.id, b"nonce") is None
    assert await burn(database, app, key.id, b"another") == app
    assert await burn(database, app, other.id, b"nonce") == app


async def test_of_20_uses_of_one_nonce_at_once_one_counts(database, vault, app):
    key, _ = await database.run(operations.create_key, vault, app.id)
    found = await asyncio.gather(*(burn(database, app, key.id, b"nonce") for _ in range(20)))
    assert [each for each in found if each] == [app]


async def test_nonces_are_not_burnt_for_a_revoked_key_or_a_disabled_app(database, vault, app):
    key, _ = await database.run(operations.create_key, vault, app.id)
    await database.run(operations.disable_app, app.id)
    assert await burn(database, app, key.id, b"nonce") is None
    await database.run(operations.enable_app, app.id)
    assert await burn(database, app, key.id, b"nonce") == app
    await database.run(operations.revoke_key, app.id, key.id)
    assert await burn(database, app, key.id, b"later") is None
    assert await burn(database, app, uuid4(), b"later") is None
    async with database.reading() as conn:
        assert await queries.active_app(conn, app.id, key.id) is None
        assert await conn.fetchval("select count(*) from used_nonces") == 1


async def test_after_a_rotation_the_old_master_key_can_go(database, app):
    old_master, new_master = new_master_key(), new_master_key()
    issued = [await database.run(operations.create_key, Vault([old_master]), app.id) for _ in range(3)]
    assert await database.run(operations.seal_secrets_again, Vault([new_master, old_master])) == 3
    async with database.reading() as conn:
        for key, secret in issued:
            assert await queries.key_secret(conn, Vault([new_master]), app.id, key.id) == secret
            with pytest.raises(CannotDecrypt):
                await queries.key_secret(conn, Vault([old_master]), app.id, key.id)


async def test_a_rotation_without_the_old_master_key_changes_nothing(database, vault, app):
    key, secret = await database.run(operations.create_key, vault, app.id)
    with pytest.raises(CannotDecrypt):
        await database.run(operations.seal_secrets_again, Vault([new_master_key()]))
    async with database.reading() as conn:
        assert await queries.key_secret(conn, vault, app.id, key.id) == secret
