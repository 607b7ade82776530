"""What payers do, on command: for forced payins, the page on which a payer confirms, and the tests' hooks.

The provider hears of these once the caller's transaction is committed.
"""

from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values.ids import new_id
from bitpesa.kernel.values.money import Money
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.collecting import Receipt
from bitpesa.rails.providers.collecting_simulator import store


async def pay(conn: Connection, app_id: UUID, payin_method_id: UUID, amount: Money, *, cleared: bool = True) -> Receipt:
    """Let the payer pay, in time or late, the right amount or another, for the first time or once more."""
    if amount.minor <= 0:
        raise ValueError("a payment is more than nothing")
    reference = new_id()
    await store.receive(conn, app_id, payin_method_id, reference=reference, amount=amount, cleared=cleared)
    return Receipt(reference=str(reference), amount_minor=amount.minor, cleared=cleared)


async def sent(conn: Connection, app_id: UUID, currency: str) -> int:
    """All that the payers of an app ever sent in a currency, in minor units."""
    return await store.sent(conn, app_id, currency)


async def clear(conn: Connection, app_id: UUID, payin_method_id: UUID) -> bool:
    """Let money that was seen become final; answers whether there was any."""
    return await store.clear(conn, app_id, payin_method_id) > 0


async def answer(conn: Connection, app_id: UUID, payin_method_id: UUID, code: str) -> None:
    """Have the request answered with this code, the present one or else the next. Paying takes money: see `pay`."""
    if code not in codes.CODES or codes.code(code).category is codes.Category.PAID:
        raise ValueError(f"{code!r} is no code that a request can be told to end with")
    await store.tell_payer(conn, app_id, payin_method_id, code)
