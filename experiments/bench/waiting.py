"""Waiting until a database says that nothing is left to do."""

import asyncio
import time

from experiments.bench.stage import ask

SECONDS_BETWEEN_LOOKS = 0.1


def until(database_url: str, left: str, most_seconds: float) -> None:
    """Wait until the count that `left` selects is 0. Raises TimeoutError."""

    async def wait(conn) -> None:
        give_up_at = time.monotonic() + most_seconds
        while (count := await conn.fetchval(left)) != 0:
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"{count} are left after {most_seconds:.0f} seconds: {left}")
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    ask(database_url, wait)
