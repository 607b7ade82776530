"""What an operator watches while the platform runs: how late due work is, and whether the books balance."""

import msgspec

from bitpesa.kernel.statements import Connection, load

_sql = load(__package__, "operating.sql")


class Operating(msgspec.Struct, frozen=True):
    """Figures of one moment. `lag_seconds` by kind of due work; `imbalance_minor` by currency, all zero."""

    lag_seconds: dict[str, float]
    imbalance_minor: dict[str, int]


async def look(conn: Connection) -> Operating:
    """Take the figures."""
    lags = await _sql.lags.rows(conn)
    imbalances = await _sql.imbalances.rows(conn)
    return Operating(
        {row["topic"]: row["seconds"] for row in lags}, {row["currency"]: int(row["minor"]) for row in imbalances}
    )
