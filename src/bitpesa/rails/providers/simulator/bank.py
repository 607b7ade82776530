"""The simulated bank itself. The sandbox and the tests run the same one (design decision 9)."""

from collections.abc import Awaitable, Callable

from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.database.statements import Connection
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category
from bitpesa.rails.providers.port import AccountFacts, Answered, NotStarted, Outcome, PayoutOrder, Unknown
from bitpesa.rails.providers.simulator import rules, store
from bitpesa.rails.providers.simulator.model import Order
from bitpesa.rails.providers.simulator.rules import DefaultOutcome


class Simulator:
    """A provider that pays nobody and keeps a book of it, as a bank outside would: in transactions of its own.

    `answer_after` is awaited between the taking of an order and the answer to it, so that a test can hold one open.
    """

    name = "simulator"

    def __init__(
        self,
        database: Database,
        *,
        default_outcome: DefaultOutcome = "hold",
        legacy_account_validation: bool = False,
        answer_after: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._default_outcome = default_outcome
        self._legacy_account_validation = legacy_account_validation
        self._answer_after = answer_after

    async def submit(self, order: PayoutOrder) -> Outcome:
        """Take an order and answer it as its recipient's script, its number or the default says (flows 8.10)."""
        outcome = await self._outcome(self._take, order)
        if self._answer_after is not None:
            await self._answer_after()
        return outcome

    async def ask(self, order: PayoutOrder) -> Outcome:
        """Tell what became of an order. One that never arrived is refused from now on, should it come late."""
        return await self._outcome(_look, order)

    async def revoke(self, order: PayoutOrder) -> Outcome:
        """Void an order that waits for its recipient, and tell what is true of it now."""
        return await self._outcome(_void, order)

    async def look_up_account(self, order: PayoutOrder) -> AccountFacts:
        """Find out who holds the account; the number says whether the check fails (flows 8.4)."""
        return rules.account_facts(order, legacy=self._legacy_account_validation)

    async def _outcome(self, act: Callable[[Connection, PayoutOrder], Awaitable[Order]], order: PayoutOrder) -> Outcome:
        try:
            async with self._database.reading() as conn:
                return _answer(await act(conn, order))
        except UNREACHABLE as problem:
            return Unknown(f"the simulated bank's book cannot be read: {type(problem).__name__}")

    async def _take(self, conn: Connection, order: PayoutOrder) -> Order:
        taken = await store.take(
            conn,
            order,
            code=rules.first_code(order, self._default_outcome),
            payment_reference=rules.payment_reference(order),
        )
        return taken or await _look(conn, order)


async def _look(conn: Connection, order: PayoutOrder) -> Order:
    found = await store.follow_script(conn, order.app_id, order.reference)
    found = found or await store.find(conn, order.app_id, order.reference)
    return found or await store.refuse(conn, order) or await _find(conn, order)


async def _void(conn: Connection, order: PayoutOrder) -> Order:
    found = await _look(conn, order)
    if not found.is_open:
        return found
    return await store.void(conn, order.app_id, order.reference, rules.VOIDED) or await _find(conn, order)


async def _find(conn: Connection, order: PayoutOrder) -> Order:
    """Find an order that must be there: the book forgets nothing."""
    found = await store.find(conn, order.app_id, order.reference)
    if found is None:
        raise LookupError(f"order {order.reference} left the book of the simulated bank")
    return found


def _answer(order: Order) -> Outcome:
    if order.code is None:
        return NotStarted()
    waits_for_recipient = codes.code(order.code).category is Category.RECIPIENT_ACTION_REQUIRED
    return Answered(
        order.code,
        payment_reference=order.payment_reference if waits_for_recipient else None,
        paid_minor=order.paid_minor,
    )
