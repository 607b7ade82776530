"""Scenario 12: the four worked examples of a price."""

from decimal import Decimal

from tests.journeys.world import World, ok

EXAMPLES = [
    ("EUR", 100, "EUR", Decimal("100.00"), 44000, 440),
    ("USD", 10000, "NGN", Decimal("25.00"), 10000, 400),
    ("NGN", 10000, "NGN", 10000, 10000, 1),
    ("USD", 100, "EUR", Decimal("110.00"), 44000, 400),
]


def leg(amount: int, code: str) -> dict:
    return {**ok("00", amount), "requested_currency": code}


async def test_a_price_is_computed_and_nothing_is_stored(world: World):
    for paid_in, amount, code, paid, paid_out, rate in EXAMPLES:
        answer = await world.post_transaction(
            leg(amount, code), input_currency=paid_in, path="/transactions/calculate", external_id="T-12"
        )
        assert answer.status == 200, answer.body
        priced = answer.object
        assert "id" not in priced
        assert (priced["input_currency"], priced["input_amount"], priced["due_amount"]) == (paid_in, paid, paid)
        (recipient,) = priced["recipients"]
        assert "id" not in recipient
        assert (recipient["requested_amount"], recipient["requested_currency"]) == (amount, code)
        assert (recipient["input_amount"], recipient["input_currency"]) == (paid, paid_in)
        assert (recipient["output_amount"], recipient["output_currency"]) == (paid_out, "NGN")
        assert (recipient["exchange_rate"], recipient["fee_fractional"]) == (rate, 0)

    assert (await world.client.get("/transactions")).body["meta"]["pagination"]["total_count"] == 0
    await world.drain()
    assert world.events() == []


async def test_what_is_stored_costs_what_was_calculated(world: World):
    for paid_in, amount, code, paid, paid_out, rate in EXAMPLES:
        created = await world.transaction(leg(amount, code), input_currency=paid_in)
        (recipient,) = created["recipients"]
        assert (created["input_amount"], recipient["output_amount"], recipient["exchange_rate"]) == (
            paid,
            paid_out,
            rate,
        )


async def test_a_price_needs_neither_sender_nor_details(world: World):
    asked = {
        "input_currency": "USD",
        "recipients": [
            {"requested_amount": "10000", "requested_currency": "NGN", "payout_method": {"type": "NGN::Bank"}}
        ],
    }
    answer = await world.client.post("/transactions/calculate", {"transaction": asked})
    assert (answer.status, answer.object["input_amount"]) == (200, 25)


async def test_the_fee_is_on_top_of_what_arrives_or_inside_of_what_is_spent(world: World):
    await world.change_settings(fee_rate="0.03")
    for amount, code, paid, fee, paid_out in (
        (10000, "NGN", Decimal("25.75"), 75, 10000),
        (100, "USD", 100, 292, 38832),
    ):
        answer = await world.post_transaction(leg(amount, code), path="/transactions/calculate")
        (recipient,) = answer.object["recipients"]
        assert (recipient["input_amount"], recipient["fee_fractional"], recipient["output_amount"]) == (
            paid,
            fee,
            paid_out,
        )
