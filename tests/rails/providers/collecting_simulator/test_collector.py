import pytest

from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.values.money import Money
from bitpesa.payments.collections.catalogue import PAYIN_TYPES
from bitpesa.rails.providers.collecting import Collecting, CollectionOrder
from bitpesa.rails.providers.collecting_simulator import control, rules
from bitpesa.rails.providers.collecting_simulator.collector import SimulatedCollector
from bitpesa.rails.providers.collecting_simulator.payer_instructions import TOLD, tell
from tests.rails.providers.collecting_conformance import CollectingConformance, again
from tests.rails.providers.collecting_simulator.orders import order


class SimulatorBench:
    """The simulated collecting provider, and its book."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.provider = SimulatedCollector(database, pages="http://here/pay/")

    def order(self) -> CollectionOrder:
        return order()

    async def pay(self, order: CollectionOrder, minor: int, *, cleared: bool = True) -> None:
        async with self.database.work() as work:
            amount = Money(minor, order.amount.currency)
            await control.pay(work.conn, order.app_id, order.payin_method_id, amount, cleared=cleared)

    async def answer(self, order: CollectionOrder, code: str) -> None:
        async with self.database.work() as work:
            await control.answer(work.conn, order.app_id, order.payin_method_id, code)

    async def taken(self, order: CollectionOrder) -> int:
        async with self.database.reading() as conn:
            return int(
                await conn.fetchval(
                    "select count(*) from simulated_collections where payin_method_id = $1 and code is not null",
                    order.payin_method_id,
                )
            )


@pytest.fixture
def bench(database: Database) -> SimulatorBench:
    return SimulatorBench(database)


class TestSimulatedCollector(CollectingConformance):
    """The suite, on the simulator."""


@pytest.mark.parametrize("trigger", rules.TRIGGERS, ids=lambda each: f"{each.payin_type} {each.ends_with}")
async def test_a_number_says_how_its_request_ends(bench: SimulatorBench, trigger: rules.Trigger):
    asked = order(trigger.payin_type, **{trigger.field: trigger.example})
    answer = await bench.provider.start(asked)
    assert isinstance(answer, Collecting)
    assert answer.code == trigger.code
    paid = [50_000] if trigger.code == rules.PAID else []
    assert [receipt.amount_minor for receipt in answer.receipts] == paid


async def test_a_payer_answers_as_he_was_told_the_present_request_or_else_the_next(bench: SimulatorBench):
    asked = order()
    await bench.answer(asked, "434")
    assert await bench.provider.start(asked) == Collecting("434")
    second = again(asked)
    assert await bench.provider.start(second) == Collecting("14")
    await bench.answer(asked, "433")
    assert await bench.provider.ask(second) == Collecting("433")
    assert await bench.provider.ask(second) == Collecting("433")


@pytest.mark.parametrize("code", ["0", "999", "x"])
async def test_nobody_pays_by_a_code(bench: SimulatorBench, code: str):
    with pytest.raises(ValueError, match="no code"):
        await bench.answer(order(), code)


async def test_a_payment_is_more_than_nothing(bench: SimulatorBench):
    for minor in (0, -1):
        with pytest.raises(ValueError, match="more than nothing"):
            await bench.pay(order(), minor)


async def test_what_was_seen_becomes_final(bench: SimulatorBench):
    asked = order()
    await bench.provider.start(asked)
    await bench.pay(asked, 5, cleared=False)
    async with bench.database.work() as work:
        assert await control.clear(work.conn, asked.app_id, asked.payin_method_id)
        assert not await control.clear(work.conn, asked.app_id, asked.payin_method_id)
    assert (await bench.provider.ask(asked)).code == "0"


async def test_a_code_is_sent_and_checked(bench: SimulatorBench):
    flow = {"payin_type": "GHS::Mobile", "ux_flow": "otp_verified_ussd_popup"}
    assert (await bench.provider.start(order(**flow))).code == "23"
    assert (await bench.provider.start(order(**flow, otp="123456"))).code == "14"
    checked = [await bench.provider.check_otp(order(**flow), otp) for otp in ("123456", "000000", "12", "x")]
    assert checked == [True, False, False, False]


async def test_a_wrong_code_that_the_payer_brings_fails(bench: SimulatorBench):
    assert (await bench.provider.start(order(ux_flow="ussd_voucher", otp="000000"))).code == "415"
    assert (await bench.provider.start(order(ux_flow="ussd_voucher", otp="123456"))).code == "14"


@pytest.mark.parametrize(
    ("type_", "flow"), [(type_.type, flow) for type_ in PAYIN_TYPES.values() for flow in type_.flows]
)
def test_payers_are_told_something_in_every_flow_of_every_type(type_: str, flow: str):
    assert flow in TOLD[type_]
    told = tell(order(type_, flow), "http://here/pay/token")
    assert not any("{" in value for value in told.values() if isinstance(value, str))


def test_each_payin_method_has_an_account_of_its_own():
    numbers = {tell(order("NGN::Bank", "bank_transfer"), "x")["account_number"] for _ in range(20)}
    assert len(numbers) == 20
    assert all(len(number) == 10 and number.isdigit() for number in numbers)
