"""Questions about balances and debits."""

from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import store
from bitpesa.money.accounts.model import Debit, Movement
from bitpesa.money.ledger import queries as ledger


async def balances(conn: Connection, app_id: UUID) -> list[Money]:
    """The app's balances, by currency."""
    return await ledger.balances(conn, app_id)


async def balance(conn: Connection, app_id: UUID, currency: str) -> Money:
    """The app's balance in one currency. Raises NotFound when it has no such account."""
    for found in await ledger.balances(conn, app_id):
        if found.currency == currency:
            return found
    raise NotFound


async def movements_waiting(
    conn: Connection, app_id: UUID | None = None, *, limit: int, offset: int = 0
) -> tuple[list[Movement], int]:
    """Movements that wait for a second person, of an app or of all, the oldest first; how many there are."""
    return await store.movements_waiting(conn, app_id, limit=limit, offset=offset)


async def list_movements(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Movement], int]:
    """Movements of an app, however they ended, the newest first; how many there are."""
    return await store.list_movements(conn, app_id, limit=limit, offset=offset)


async def list_debits(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Debit], int]:
    """One page of the app's debits, newest first, and how many there are."""
    return await store.list_page(conn, app_id, limit=limit, offset=offset)


async def find_debit(conn: Connection, app_id: UUID, debit_id: UUID | None) -> Debit:
    """One debit of the app. Raises NotFound."""
    debit = None if debit_id is None else await store.find(conn, app_id, debit_id)
    if debit is None:
        raise NotFound
    return debit
