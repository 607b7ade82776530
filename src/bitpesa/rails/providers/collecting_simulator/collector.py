"""The simulated collecting provider itself. The sandbox and the tests run the same one (design decision 9)."""

from collections.abc import Awaitable, Callable
from typing import Any

from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values.ids import new_id
from bitpesa.rails.providers.collecting import Collecting, CollectionOrder, CollectionOutcome
from bitpesa.rails.providers.collecting_simulator import rules, store
from bitpesa.rails.providers.collecting_simulator.payer_instructions import tell
from bitpesa.rails.providers.collecting_simulator.store import Request
from bitpesa.rails.providers.port import NotStarted, Unknown


class SimulatedCollector:
    """Collects from nobody and keeps a book of it, in transactions of its own.

    `pages` is where its payers confirm, up to the token of the page.
    """

    name = "collecting simulator"

    def __init__(self, database: Database, *, pages: str) -> None:
        self._database = database
        self._pages = pages

    def out_details(self, order: CollectionOrder) -> dict[str, Any]:
        """Accounts, addresses, menus and the page, as `payer_instructions.toml` has them."""
        return tell(order, f"{self._pages}{order.page_token}")

    async def start(self, order: CollectionOrder) -> CollectionOutcome:
        """Ask the payer, who answers as he was told, as the code or the number says, or not yet."""
        return await self._outcome(_take, order)

    async def ask(self, order: CollectionOrder) -> CollectionOutcome:
        """Tell how a collection stands. One that never arrived is refused from now on, should it come late."""
        return await self._outcome(_look, order)

    async def stop(self, order: CollectionOrder) -> CollectionOutcome:
        """Ask the payer no more, and tell how the collection stands now."""
        return await self._outcome(_stop, order)

    async def check_otp(self, order: CollectionOrder, otp: str) -> bool | None:  # noqa: ARG002 - every payer's codes are alike
        """Whether this is the code that the payer was sent."""
        return rules.is_right_otp(otp)

    async def _outcome(
        self, act: Callable[[Connection, CollectionOrder], Awaitable[Request]], order: CollectionOrder
    ) -> CollectionOutcome:
        try:
            async with self._database.reading() as conn:
                request = await act(conn, order)
                receipts = await store.receipts(conn, order.app_id, order.payin_method_id)
        except UNREACHABLE as problem:
            return Unknown(f"the book of the simulated collecting provider cannot be read: {type(problem).__name__}")
        if request.code is None and not receipts:
            return NotStarted()
        if any(receipt.cleared for receipt in receipts):
            return Collecting(rules.PAID, receipts=receipts)
        return Collecting(request.code or rules.STOPPED, receipts=receipts)


async def _take(conn: Connection, order: CollectionOrder) -> Request:
    taken = await store.take(conn, order, code=rules.first_code(order), receipt=new_id())
    return taken or await _look(conn, order)


async def _look(conn: Connection, order: CollectionOrder) -> Request:
    found = await store.follow_payer(conn, order.app_id, order.reference)
    found = found or await store.find(conn, order.app_id, order.reference)
    found = found or await store.refuse(conn, order) or await store.find(conn, order.app_id, order.reference)
    if found is None:
        raise LookupError(f"collection {order.reference} left the book of the simulated collecting provider")
    return found


async def _stop(conn: Connection, order: CollectionOrder) -> Request:
    found = await _look(conn, order)
    return await store.stop(conn, order.app_id, order.reference, rules.STOPPED) or found
