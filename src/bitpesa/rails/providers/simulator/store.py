"""The rows of the simulated bank's book. Each function is one statement, so each stands alone on a connection."""

from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values.money import Money
from bitpesa.rails.providers.port import PayoutOrder
from bitpesa.rails.providers.simulator.model import Order

_sql = load(__package__, "simulator.sql")


async def take(
    conn: Connection, order: PayoutOrder, *, code: str | None, payment_reference: str | None
) -> Order | None:
    """Take an order, answering as a script says, else by this code; None when its reference is known already."""
    row = await _sql.take_order.row(
        conn,
        order.app_id,
        order.reference,
        order.recipient_id,
        order.payout_type,
        order.amount.currency,
        order.amount.minor,
        code,
        payment_reference,
    )
    return _order_or_none(row)


async def refuse(conn: Connection, order: PayoutOrder) -> Order | None:
    """Never take an order with this reference; None when the reference is known already."""
    row = await _sql.refuse_order.row(
        conn,
        order.app_id,
        order.reference,
        order.recipient_id,
        order.payout_type,
        order.amount.currency,
        order.amount.minor,
    )
    return _order_or_none(row)


async def find(conn: Connection, app_id: UUID, reference: UUID) -> Order | None:
    """Find an order by our reference."""
    return _order_or_none(await _sql.order_by_reference.row(conn, app_id, reference))


async def follow_script(conn: Connection, app_id: UUID, reference: UUID) -> Order | None:
    """Change an open order to what a script says; None when it is not open, not known, or nothing was scripted."""
    return _order_or_none(await _sql.follow_script.row(conn, app_id, reference))


async def void(conn: Connection, app_id: UUID, reference: UUID, code: str) -> Order | None:
    """Close an order that waits for its recipient; None when it does not."""
    return _order_or_none(await _sql.void_order.row(conn, app_id, reference, code))


async def end_open(conn: Connection, app_id: UUID, recipient_id: UUID, code: str, paid_minor: int | None) -> int:
    """Close the open orders of a recipient; answers how many there were."""
    return await _sql.end_open_orders.run(conn, app_id, recipient_id, code, paid_minor)


async def of_recipient(conn: Connection, app_id: UUID, recipient_id: UUID) -> list[Order]:
    """Every order for a recipient, oldest first."""
    return [_order(row) for row in await _sql.orders_of_recipient.rows(conn, app_id, recipient_id)]


async def write_script(
    conn: Connection, app_id: UUID, recipient_id: UUID, code: str, paid_minor: int | None, *, once: bool
) -> None:
    """Store what is to be answered for a recipient, in place of what was."""
    await _sql.write_script.run(conn, app_id, recipient_id, code, paid_minor, once)


async def delete_script(conn: Connection, app_id: UUID, recipient_id: UUID) -> None:
    """Forget what is to be answered for a recipient."""
    await _sql.delete_script.run(conn, app_id, recipient_id)


def _order_or_none(row: Row | None) -> Order | None:
    return None if row is None else _order(row)


def _order(row: Row) -> Order:
    return Order(
        reference=row["reference"],
        recipient_id=row["recipient_id"],
        payout_type=row["payout_type"],
        amount=Money(row["amount_minor"], row["currency"]),
        code=row["code"],
        is_open=row["is_open"],
        payment_reference=row["payment_reference"],
        paid_minor=row["paid_minor"],
    )
