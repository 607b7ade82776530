"""The time of an app. Rules are handed the time; only this module asks for it.

The database's clock decides (expiry under a row lock must not depend on which process asks). The clock of a sandbox
app can be moved or stopped, so that "after 24 hours" can be tried in a second; see `clock.sql` and the function
`clock_now`.
"""

import time
from datetime import datetime, timedelta
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, load

_sql = load(__package__, "clock.sql")

SECONDS_REMEMBERED = 10.0
"""For how long the database need not be asked for the time: no two clocks drift apart in that."""


class RememberedClock:
    """The database's clock as a process remembers it; never ahead of it, since what is heard was said before."""

    def __init__(self) -> None:
        self._said: tuple[datetime, float] | None = None

    def hear(self, real_time: datetime) -> None:
        """Set it by what the database said."""
        self._said = (real_time, time.monotonic())

    def now(self) -> datetime | None:
        """The time in UTC, to the millisecond; None when it was heard too long ago."""
        if self._said is None:
            return None
        real_time, heard_at = self._said
        passed = time.monotonic() - heard_at
        return real_time + timedelta(milliseconds=int(1000 * passed)) if passed < SECONDS_REMEMBERED else None


async def now(conn: Connection, app_id: UUID) -> datetime:
    """The app's time, in UTC, to the millisecond."""
    moment: datetime = await _sql.app_time.value(conn, app_id)
    return moment


async def real_now(conn: Connection) -> datetime:
    """The real time by the database's clock, in UTC: for what belongs to no app, such as people logging in."""
    moment: datetime = await _sql.real_time.value(conn)
    return moment


async def move(conn: Connection, app_id: UUID, by: timedelta) -> datetime:
    """Move the app's clock forward (or back); a stopped clock stays stopped at its new time."""
    await _sql.move_clock.run(conn, app_id, by)
    return await now(conn, app_id)


async def stop(conn: Connection, app_id: UUID, at: datetime) -> datetime:
    """Stop the app's clock at a moment."""
    await _sql.stop_clock.run(conn, app_id, at)
    return await now(conn, app_id)


async def reset(conn: Connection, app_id: UUID) -> datetime:
    """Let the app's clock show the real time again."""
    await _sql.reset_clock.run(conn, app_id)
    return await now(conn, app_id)
