"""What money is worth now."""

from decimal import Decimal

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.money.rates import store
from bitpesa.money.rates.model import Proposal, RateChange, Rates


async def current_rates(conn: Connection, margin: Decimal) -> Rates:
    """The rates of this moment for an app with this margin."""
    return Rates(await store.units_per_usd(conn), margin)


async def changes_of(conn: Connection, currency: str, *, limit: int, offset: int = 0) -> tuple[list[RateChange], int]:
    """The rates that a currency had, the newest first; how many there are."""
    return await store.changes_of(conn, currency, limit=limit, offset=offset)


async def waiting_proposals(conn: Connection) -> list[Proposal]:
    """The rates that wait for a second person, the oldest first; a currency has at most one."""
    return await store.waiting_proposals(conn)


async def proposals_of(conn: Connection, currency: str, *, limit: int) -> list[Proposal]:
    """The proposed rates of a currency, however they ended, the newest first."""
    return await store.proposals_of(conn, currency, limit=limit)


async def kept_rates(work: Work, margin: Decimal) -> Rates:
    """The same for a work that may be done on a sheet, which is refused if what it remembers has changed."""
    if work.sheet is None:
        return await current_rates(work.conn, margin)
    return await store.unchanged(work, margin)
