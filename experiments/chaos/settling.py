"""After the storm: time passes for every app until nothing is left to be done."""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg

from experiments.chaos.caller import Caller
from experiments.chaos.fixture import Player
from experiments.chaos.journal import Journal

DAYS = 2
DAY_SECONDS = 90_000
NUDGE_SECONDS = 1_800
SECONDS_BETWEEN_NUDGES = 1.0
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_WITHOUT_PROGRESS = 45.0
"""Work that was held up by a thousand kills takes its time; what counts is that some of it gets done."""

# Everything whose time has come and that nobody has done, by the clock of its app; but for that of some apps.
LEFT_TO_DO = """
with times as (
    select a.id as app_id, coalesce(c.stopped_at, clock_timestamp() + coalesce(c.moved_by, '0')) as now
    from apps a
    left join app_clocks c on c.app_id = a.id
)
select (select count(*) from untold_events where app_id <> all ($1))
    + (select count(*) from webhook_deliveries d join webhooks w on w.app_id = d.app_id and w.id = d.webhook_id
       where d.state = 'waiting' and w.disabled_at is null and w.deleted_at is null and d.app_id <> all ($1))
    + (select count(*) from recipients r join times using (app_id)
       where least(r.attempt_due_at, r.ask_due_at, r.refund_due_at) <= now and app_id <> all ($1))
    + (select count(*) from payin_methods p join times using (app_id)
       where least(p.start_due_at, p.ask_due_at) <= now and app_id <> all ($1))
    + (select count(*) from transactions t join times using (app_id)
       where t.state in ('initial', 'approved', 'pending') and t.expires_at <= now and app_id <> all ($1))
"""

# What was ever done. What is left is no measure: an event that is told at last becomes a delivery to each webhook.
# None of these can go on for ever: tries of deliveries and attempts of payouts have their limits.
DONE = """
select (select count(*) from events) - (select count(*) from untold_events)
    + (select coalesce(sum(tries), 0) from webhook_deliveries)
    + (select count(*) from webhook_deliveries where state <> 'waiting')
    + (select coalesce(sum(attempts), 0) from recipients)
    + (select count(*) from recipients where state in ('success', 'overpaid', 'canceled', 'refunded'))
"""


class DoesNotSettle(Exception):
    """After the storm something stays undone, though nobody is in the way any more."""


async def settle(
    players: Sequence[Player],
    bases: Sequence[str],
    journal: Path,
    database_url: str,
    tend: Callable[[], None],
    *,
    days: int = DAYS,
    but_for: Collection[UUID] = (),
) -> None:
    """Let days pass, and wait until all that comes of them is done, but for some apps. Raises DoesNotSettle."""
    written = Journal(journal)
    callers = [Caller(player, bases, written, random.Random(number)) for number, player in enumerate(players)]
    conn = await asyncpg.connect(database_url)
    try:
        for _ in range(days):
            await _move(callers, DAY_SECONDS)
            await _wait_until_done(conn, callers, tend, but_for)
        await _wait_until_done(conn, callers, tend, but_for)
    finally:
        await conn.close()
        for caller in callers:
            await caller.close()
        written.close()


async def _wait_until_done(
    conn: asyncpg.Connection, callers: Sequence[Caller], tend: Callable[[], None], but_for: Collection[UUID]
) -> None:
    """Retries wait for their time, so time passes on while there are any."""
    done, since = -1, time.monotonic()
    nudge_at = time.monotonic() + SECONDS_BETWEEN_NUDGES
    while left := await conn.fetchval(LEFT_TO_DO, list(but_for)):
        tend()
        if (so_far := await conn.fetchval(DONE)) != done:
            done, since = so_far, time.monotonic()
        elif time.monotonic() > since + SECONDS_WITHOUT_PROGRESS:
            raise DoesNotSettle(f"{left} things stay undone")
        if time.monotonic() > nudge_at:
            await _move(callers, NUDGE_SECONDS)
            nudge_at = time.monotonic() + SECONDS_BETWEEN_NUDGES
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


async def _move(callers: Sequence[Caller], seconds: int) -> None:
    await asyncio.gather(*(caller.move_clock(seconds) for caller in callers))
