"""The due work of keys: forgetting the nonces of those that were revoked."""

from datetime import timedelta

from bitpesa.kernel.database.pool import Database
from bitpesa.tenants.organisations import store

KEPT_AFTER_REVOCATION = timedelta(days=1)
"""Longer than any request that the key signed can be under way."""

NONCES_AT_A_TIME = 1000


async def forget_useless_nonces(database: Database) -> int:
    """Delete nonces of keys that can never sign again; answers how many."""
    async with database.reading() as conn:
        return await store.delete_useless_nonces(conn, KEPT_AFTER_REVOCATION, NONCES_AT_A_TIME)
