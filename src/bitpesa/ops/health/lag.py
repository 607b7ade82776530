"""What an operator watches while the platform runs: how late due work is, whether the books balance, who waits."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.environments import ENVIRONMENTS
from bitpesa.tenants.organisations.model import Environment

_sql = load(__package__, "lag.sql")


class Operating(msgspec.Struct, frozen=True):
    """Figures of one environment, now. `lag_seconds` by kind of due work; `imbalance_minor` by currency, all 0."""

    lag_seconds: dict[str, float]
    imbalance_minor: dict[str, int]


class Waiting(msgspec.Struct, frozen=True):
    """How many of a kind wait for staff in an environment, and since when the longest."""

    what: str
    environment: Environment
    count: int
    since: datetime | None


async def look(conn: Connection) -> dict[Environment, Operating]:
    """Take the figures, by environment with live first."""
    lags = await _sql.lags.rows(conn)
    imbalances = await _sql.imbalances.rows(conn)
    return {
        each: Operating(
            {row["topic"]: row["seconds"] for row in _of(each, lags)},
            {row["currency"]: int(row["minor"]) for row in _of(each, imbalances)},
        )
        for each in ENVIRONMENTS
    }


async def waiting_for_staff(conn: Connection) -> list[Waiting]:
    """What waits for staff, by kind and environment; kinds of which nothing waits are absent."""
    checked = [app.id for app in await organisations.apps_in_use(conn) if app.settings.kyc_mode != "waived"]
    return [
        Waiting(row["what"], row["environment"], row["rows"], row["since"])
        for row in await _sql.waiting_for_staff.rows(conn, checked)
    ]


def _of(environment: Environment, rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["environment"] == environment]
