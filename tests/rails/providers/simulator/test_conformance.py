import pytest

from bitpesa.kernel.database.pool import Database
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import Category
from bitpesa.rails.providers.port import PayoutOrder
from bitpesa.rails.providers.simulator import control
from bitpesa.rails.providers.simulator.bank import Simulator
from tests.rails.providers.conformance import Conformance, Wanted
from tests.rails.providers.simulator.orders import bank, order

ENDINGS = {Wanted.PAID: "00", Wanted.FAILED: "08", Wanted.PENDING: "01"}


class SimulatorBench:
    """The simulator, and its book."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.provider = Simulator(database)

    def order(self, wanted: Wanted) -> PayoutOrder:
        return order("MAD::Cash") if wanted is Wanted.CASH else bank(ENDINGS[wanted])

    async def pay(self, order: PayoutOrder) -> None:
        async with self.database.work() as work:
            await control.force_paid(work.conn, order.app_id, order.recipient_id)

    async def payments(self, order: PayoutOrder) -> int:
        return sum(codes.code(code).category is Category.PAID for code in await self._codes(order))

    async def taken(self, order: PayoutOrder) -> int:
        return len(await self._codes(order))

    async def _codes(self, order: PayoutOrder) -> list[str]:
        async with self.database.reading() as conn:
            book = await control.orders_of(conn, order.app_id, order.recipient_id)
        return [each.code for each in book if each.code is not None]


class TestSimulator(Conformance):
    @pytest.fixture
    def bench(self, database: Database) -> SimulatorBench:
        return SimulatorBench(database)
