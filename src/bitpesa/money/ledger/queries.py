"""What the books say."""

from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values.money import Money
from bitpesa.money.ledger import store
from bitpesa.money.ledger.model import AccountKind


async def balances(conn: Connection, app_id: UUID, kind: AccountKind = AccountKind.BALANCE) -> list[Money]:
    """The app's balances of a kind, by currency; currencies it never used are absent."""
    return await store.balances(conn, app_id, kind)
