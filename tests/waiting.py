"""Waiting for what a test needs to have happened."""

import asyncio

from bitpesa.kernel.database.statements import Connection

PATIENCE_SECONDS = 20


async def until_somebody_waits(conn: Connection) -> None:
    """Until a session of this server waits for another's lock; it is asked again and again, since it tells nobody."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await conn.fetchval("select exists (select from pg_locks where not granted)"):
            await asyncio.sleep(0)
