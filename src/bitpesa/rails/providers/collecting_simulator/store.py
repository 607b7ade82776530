"""The rows of the simulated collecting provider's book. Each function is one statement."""

from uuid import UUID

import msgspec

from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values.money import Money
from bitpesa.rails.providers.collecting import CollectionOrder, Receipt

_sql = load(__package__, "collecting_simulator.sql")


class Request(msgspec.Struct, frozen=True):
    """A request as the provider has it. `code` None: it was refused, for good."""

    reference: UUID
    payin_method_id: UUID
    code: str | None


async def take(conn: Connection, order: CollectionOrder, *, code: str, receipt: UUID) -> Request | None:
    """Take a request; None when its reference is known already."""
    return _request(await _sql.take_collection.row(conn, *_columns(order), code, receipt))


async def refuse(conn: Connection, order: CollectionOrder) -> Request | None:
    """Never take a request with this reference; None when it is known already."""
    return _request(await _sql.refuse_collection.row(conn, *_columns(order)))


async def find(conn: Connection, app_id: UUID, reference: UUID) -> Request | None:
    """Find a request by our reference."""
    return _request(await _sql.collection_by_reference.row(conn, app_id, reference))


async def follow_payer(conn: Connection, app_id: UUID, reference: UUID) -> Request | None:
    """Change a request to what its payer was told to do; None when he was told nothing."""
    return _request(await _sql.follow_payer.row(conn, app_id, reference))


async def stop(conn: Connection, app_id: UUID, reference: UUID, code: str) -> Request | None:
    """Close a request that waits for its payer; None when it does not."""
    return _request(await _sql.stop_collection.row(conn, app_id, reference, code))


async def receipts(conn: Connection, app_id: UUID, payin_method_id: UUID) -> tuple[Receipt, ...]:
    """All the money that reached a payin method, oldest first."""
    return tuple(
        Receipt(reference=str(row["reference"]), amount_minor=row["amount_minor"], cleared=row["cleared"])
        for row in await _sql.receipts_of.rows(conn, app_id, payin_method_id)
    )


async def receive(
    conn: Connection, app_id: UUID, payin_method_id: UUID, *, reference: UUID, amount: Money, cleared: bool
) -> None:
    """Write down money that reached a payin method."""
    await _sql.insert_receipt.run(conn, app_id, reference, payin_method_id, amount.currency, amount.minor, cleared)


async def sent(conn: Connection, app_id: UUID, currency: str) -> int:
    """All the money of a currency that ever reached an app, in minor units."""
    return int(await _sql.sent_in_currency.value(conn, app_id, currency))


async def clear(conn: Connection, app_id: UUID, payin_method_id: UUID) -> int:
    """Let all that was seen be final; answers how much was not yet."""
    return await _sql.clear_receipts.run(conn, app_id, payin_method_id)


async def tell_payer(conn: Connection, app_id: UUID, payin_method_id: UUID, code: str) -> None:
    """Store how the request to a payer shall end."""
    await _sql.tell_payer.run(conn, app_id, payin_method_id, code)


def _columns(order: CollectionOrder) -> tuple[UUID, UUID, UUID, str, str, str, int]:
    return (
        order.app_id,
        order.reference,
        order.payin_method_id,
        order.payin_type,
        order.ux_flow,
        order.amount.currency,
        order.amount.minor,
    )


def _request(row: Row | None) -> Request | None:
    return None if row is None else Request(row["reference"], row["payin_method_id"], row["code"])
