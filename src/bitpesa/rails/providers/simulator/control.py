"""Telling the simulated bank what to do: what the sandbox's forced payouts and the tests' hooks are made of.

The bank works in transactions of its own, so it hears of these once the caller's transaction is committed. Do not ask
the bank about the same recipient before that: it would wait for the caller, and the caller for it.
"""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.simulator import store
from bitpesa.rails.providers.simulator.model import Order
from bitpesa.rails.providers.simulator.rules import PAID


async def script(
    conn: Connection, app_id: UUID, recipient_id: UUID, code: str, *, paid_minor: int | None = None, once: bool = False
) -> None:
    """Have this answered for a recipient whenever an order is taken or asked about, in place of what was scripted.

    It holds until it is replaced or forgotten, or for one answer only. An order that was closed stays as it is.
    """
    _require_known(code)
    if paid_minor is not None and code != PAID:
        raise ValueError(f"code {code} pays nothing, so no amount goes with it")
    await store.write_script(conn, app_id, recipient_id, code, paid_minor, once=once)


async def forget_script(conn: Connection, app_id: UUID, recipient_id: UUID) -> None:
    """Let the recipient's number decide again."""
    await store.delete_script(conn, app_id, recipient_id)


async def force_paid(conn: Connection, app_id: UUID, recipient_id: UUID, *, paid_minor: int | None = None) -> bool:
    """Pay the recipient's open order, and every later one; answers whether one was open (flows 8.10)."""
    ended = await store.end_open(conn, app_id, recipient_id, PAID, paid_minor)
    await script(conn, app_id, recipient_id, PAID, paid_minor=paid_minor)
    return ended > 0


async def fail(conn: Connection, app_id: UUID, recipient_id: UUID, code: str) -> bool:
    """Let the recipient's open order fail with this code; answers whether one was open. Later ones are not steered."""
    _require_known(code)
    if codes.code(code).category not in codes.FAILED:
        raise ValueError(f"code {code} is no failure")
    return await store.end_open(conn, app_id, recipient_id, code, None) > 0


async def orders_of(conn: Connection, app_id: UUID, recipient_id: UUID) -> Sequence[Order]:
    """Everything the bank was ever handed for a recipient, oldest first, refused orders included."""
    return await store.of_recipient(conn, app_id, recipient_id)


def _require_known(code: str) -> None:
    if code not in codes.CODES:
        raise ValueError(f"{code!r} is no code of the table")
