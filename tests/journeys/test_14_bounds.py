"""Scenario 14, beyond one amount: sums have bounds too, and nothing that is beyond them is tried for ever."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from bitpesa.kernel.values.money import MAX_MINOR, Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.ledger.model import MAX_OVERDRAFT_MINOR
from bitpesa.rails.providers.collecting_simulator import control as payers
from tests.journeys.collecting import XOF, collection, state_of, to_balance
from tests.journeys.world import World, ok

NEARLY = MAX_MINOR - 1


def balance_leg(amount: Any, requested_currency: str, balance: str) -> dict[str, Any]:
    return {
        "requested_amount": amount,
        "requested_currency": requested_currency,
        "payout_method": {"type": f"{balance}::Balance", "details": {}},
    }


# -- nobody gains by rounding (flows 4.3)


async def test_three_hundred_pieces_of_one_shilling_buy_nothing(world: World) -> None:
    await world.give("1000", "UGX")
    legs = [balance_leg(1, "UGX", "KES") for _ in range(100)]
    answer = await world.post_transaction(*legs, input_currency="UGX", path="/transactions/calculate")
    assert answer.status == 422
    assert answer.object["recipients"][99]["errors"] == {"requested_currency": [{"error": "invalid"}]}
    asked = [{**ok("00", 1), "requested_currency": "UGX"} for _ in range(100)]
    answer = await world.post_transaction(*asked, input_currency="UGX", path="/transactions/calculate")
    assert answer.status == 422
    assert answer.object["recipients"][0]["errors"] == {"requested_amount": [{"error": "invalid"}]}


async def test_a_balance_that_is_filled_from_another_takes_its_own_currency_and_what_arrives_is_paid_for(
    world: World,
) -> None:
    await world.give("1000", "UGX")
    funded = await world.funded(balance_leg(10, "KES", "KES"), input_currency="UGX")
    assert (funded["state"], funded["input_amount"]) == ("paid", 289)  # 10 / 128.4 * 3700 = 288.16
    back = await world.funded(balance_leg(288, "UGX", "UGX"), input_currency="KES")
    assert (back["state"], back["input_amount"]) == ("paid", 10)
    assert await world.balance("UGX") == 1000 - 289 + 288


async def test_what_a_payer_sends_may_be_stated_in_his_currency(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF)
    assert created["recipients"][0]["output_amount"] == Decimal("83.33")
    eur = to_balance(50000, "EUR")
    answer = await world.post_transaction(*eur, input_currency="XOF", payin_methods=[{"type": "XOF::Mobile"}])
    assert answer.object["recipients"][0]["errors"]["requested_currency"] == [{"error": "invalid"}]


# -- sums


async def sends(world: World, transaction: dict[str, Any], amount: Any) -> tuple[int, Any]:
    method_id = transaction["payin_methods"][0]["id"]
    answer = await world.client.post(f"/sandbox/payin_methods/{method_id}/payment", {"payment": {"amount": amount}})
    return answer.status, answer.object.get("errors")


async def test_payers_cannot_send_more_than_the_books_can_add_up(world: World) -> None:
    created = await collection(world, to_balance(40000), XOF)
    assert (await sends(world, created, NEARLY))[0] == 200
    await world.drain()
    for amount in (NEARLY, 2, "1e18", 10**20):
        assert await sends(world, created, amount) == (422, {"amount": [{"error": "greater_than_maximum"}]})
    assert (await sends(world, created, 1))[0] == 200
    await world.drain()
    assert await state_of(world, created) == ("paid", "mispaid")


async def times_asked(world: World, method_id: str) -> Any:
    async with world.platform.database.reading() as conn:
        return await conn.fetchrow("select faults, ask_due_at from payin_methods where id = $1", UUID(method_id))


async def test_money_that_the_books_cannot_take_is_left_to_people_and_not_tried_for_ever(world: World) -> None:
    """The bounds of a form do not bind a provider."""
    full = await collection(world, to_balance(40000), XOF)
    open_one = await collection(world, to_balance(40000), XOF)
    await world.drain()
    bank = MAX_OVERDRAFT_MINOR - 100_000  # there is 100,000 on the balance already
    await world.platform.database.run(accounts.deposit, world.app.id, Money(bank // 2, "XOF"))
    await world.platform.database.run(accounts.deposit, world.app.id, Money(bank - bank // 2, "XOF"))
    for transaction in (full, open_one):
        method_id = UUID(transaction["payin_methods"][0]["id"])
        await world.platform.database.run(_pay, world.app.id, method_id, Money(40000, "XOF"))
    for faults in range(1, 6):
        await world.advance(minutes=1)
        await world.drain()
        assert (await times_asked(world, full["payin_methods"][0]["id"]))["faults"] == faults
    for transaction in (full, open_one):
        assert await state_of(world, transaction) == ("pending", "exception")
        assert dict(await times_asked(world, transaction["payin_methods"][0]["id"])) == {
            "faults": 5,
            "ask_due_at": None,
        }
        assert world.events(transaction["payin_methods"][0]["id"])[-1] == "payin_method.exception"
    assert (await world.funded(ok("00")))["state"] == "paid"


async def _pay(work: Any, app_id: UUID, method_id: UUID, amount: Money) -> None:
    await payers.pay(work.conn, app_id, method_id, amount)


async def test_a_bank_is_not_told_to_pay_more_than_there_can_be(world: World) -> None:
    transaction = await world.funded(ok("01"))
    path = f"/sandbox/recipients/{transaction['recipients'][0]['id']}/answer"
    for paid_minor, error in (
        (10**30, "greater_than_maximum"),
        (MAX_MINOR + 1, "greater_than_maximum"),
        (-5, "invalid"),
    ):
        answer = await world.client.post(path, {"answer": {"code": "0", "paid_minor": paid_minor}})
        assert (answer.status, answer.object["errors"]["paid_minor"]) == (422, [{"error": error}])
