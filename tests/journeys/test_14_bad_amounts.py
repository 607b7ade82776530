"""Scenario 14: an amount that is none is refused where it stands, and nothing is stored."""

from decimal import Decimal
from typing import Any

from bitpesa.cli.client import Answered
from tests.journeys.world import World, mobile, ok

ABSENT = object()

REFUSED = [
    (ABSENT, "blank"),
    (None, "blank"),
    ("", "blank"),
    (0, "invalid"),
    ("0", "invalid"),
    (-5, "invalid"),
    ("-5", "invalid"),
    ("NaN", "not_a_number"),
    ("Infinity", "not_a_number"),
    ("1,000", "not_a_number"),
    ("0x10", "not_a_number"),
    (" ", "not_a_number"),
    (True, "not_a_number"),
    ([], "not_a_number"),
    ("1e31", "not_a_number"),
    (10**18, "greater_than_maximum"),
    (Decimal("50000000.5"), "greater_than_maximum"),
]


def with_amount(amount: Any, code: str = "NGN") -> dict[str, Any]:
    leg = {**ok("00", amount), "requested_currency": code}
    return {name: value for name, value in leg.items() if value is not ABSENT}


def assert_refused(answer: Answered, error: str, about: Any) -> None:
    assert answer.status == 422, (about, answer.body)
    (recipient,) = answer.object["recipients"]
    assert recipient["errors"] == {"requested_amount": [{"error": error}]}, about
    assert answer.object["errors"] == {"recipients": [{"error": "invalid"}]}, about


async def post_raw(world: World, amount: str, code: str = "NGN") -> Answered:
    """A transaction whose amount stands in the JSON as written here."""
    asked = (
        b'{"transaction":{"input_currency":"USD","sender":{"external_id":"S-1"},"recipients":[{"requested_amount":'
        + amount.encode()
        + b',"requested_currency":"'
        + code.encode()
        + b'","payout_method":{"type":"NGN::Bank","details":{"first_name":"John","last_name":"Doe",'
        b'"street":"1 Broad Street","bank_code":"058","bank_account":"12345678900"}}}]}}'
    )
    return await world.client.send("POST", "/transactions", asked)


async def test_what_is_no_amount_is_refused(world: World):
    for amount, error in REFUSED:
        assert_refused(await world.post_transaction(with_amount(amount)), error, amount)
    assert_refused(await world.post_transaction(with_amount("0.001", "USD")), "invalid", "0.001 USD")
    details = {"mobile_provider": "orange", "country": "SN"}
    one_franc = mobile("XOF::Mobile", "+221774044400", 1, "XOF", **details)
    assert_refused(await world.post_transaction(one_franc), "invalid", "1 XOF")
    for path in ("/transactions/calculate", "/transactions/validate", "/transactions/create_and_fund"):
        answer = await world.post_transaction(with_amount("1,000"), path=path, external_id="T-14")
        assert_refused(answer, "not_a_number", path)

    assert (await world.client.get("/transactions")).object == []
    assert (await world.client.get("/recipients")).object == []
    await world.drain()
    assert world.events() == []


async def test_numbers_in_json_may_be_long_and_never_infinite(world: World):
    assert_refused(await post_raw(world, "1e30"), "greater_than_maximum", "1e30")
    assert_refused(await post_raw(world, "1e400"), "not_a_number", "1e400")
    for written in ("NaN", "Infinity", "-Infinity", "1,000", "01", "+1"):
        answer = await post_raw(world, written)
        assert (answer.status, answer.body) == (400, {"status": 400, "error": "Bad Request"}), written
    assert (await world.client.get("/transactions")).object == []

    long = await post_raw(world, "100.123456789012345678", "USD")
    assert long.status == 201
    (recipient,) = long.object["recipients"]
    assert (recipient["requested_amount"], long.object["input_amount"]) == (Decimal("100.12"), Decimal("100.12"))


async def test_amounts_may_be_written_with_an_exponent(world: World):
    for amount in ("0.1e5", "1E4", "10000.00", Decimal("1e4"), 10000):
        created = await world.transaction(with_amount(amount))
        assert (created["recipients"][0]["requested_amount"], created["input_amount"]) == (10000, 25), amount
