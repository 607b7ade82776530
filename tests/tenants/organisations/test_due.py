"""Nonces are kept as long as their key may sign."""

from bitpesa.tenants.organisations import operations
from bitpesa.tenants.organisations.due import forget_useless_nonces


async def nonces(database):
    async with database.reading() as conn:
        return await conn.fetchval("select count(*) from used_nonces")


async def test_nonces_of_a_revoked_key_are_forgotten_a_day_later_and_no_others(database, vault, app):
    kept, _ = await database.run(operations.create_key, vault, app.id)
    revoked, _ = await database.run(operations.create_key, vault, app.id)
    async with database.reading() as conn:
        for key in (kept, revoked, revoked):
            nonce = key.id.bytes + bytes([await nonces(database)])
            assert await operations.burn_nonces(conn, [(app.id, key.id, nonce)]) != [None]
    await database.run(operations.revoke_key, app.id, revoked.id)
    assert await forget_useless_nonces(database) == 0
    async with database.reading() as conn:
        await conn.execute("update api_keys set revoked_at = revoked_at - interval '25 h' where revoked_at is not null")
        assert await forget_useless_nonces(database) == 2
        assert await forget_useless_nonces(database) == 0
        assert await operations.burn_nonces(conn, [(app.id, kept.id, kept.id.bytes + bytes([0]))]) == [None]
