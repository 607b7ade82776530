"""Scenario 13: amounts are rounded by their currency, by the way they are paid, and by the policy of the deployment."""

from decimal import Decimal

import pytest

from tests.journeys.world import World, open_world

ROUNDED = [
    ("NGN::Bank", "NGN", "6457.08", 6458, 6458),
    ("XOF::Mobile", "XOF", "6532", 6532, 6530),
    ("XOF::Mobile", "XOF", "6536", 6536, 6535),
    ("XOF::Mobile", "XOF", "6538", 6538, 6540),
    ("XOF::Mobile", "XOF", "2001.75", 2001, 2000),
    ("XOF::Mobile", "XOF", "102", 102, 100),
    ("XOF::Bank", "XOF", "6532.9", 6532, 6532),
    ("GNF::Mobile", "GNF", "2007.7559", 2007, 2007),
    ("GHS::Mobile", "GHS", "2001.7557", Decimal("2001.75"), Decimal("2001.75")),
    ("UGX::Mobile", "UGX", "8001.46", 8002, 8002),
    ("KES::Mobile", "KES", "7001.75", 7002, 7002),
]


async def priced(world: World, type_: str, code: str, amount: str) -> tuple[Decimal, Decimal]:
    """What was asked for and what would arrive, as the API shows them."""
    leg = {"requested_amount": amount, "requested_currency": code, "payout_method": {"type": type_}}
    answer = await world.post_transaction(leg, path="/transactions/calculate")
    assert answer.status == 200, answer.body
    (recipient,) = answer.object["recipients"]
    return recipient["requested_amount"], recipient["output_amount"]


async def test_every_currency_is_rounded_in_its_own_way(world: World):
    for type_, code, amount, requested, output in ROUNDED:
        assert await priced(world, type_, code, amount) == (requested, output), (type_, amount)


@pytest.mark.parametrize(("policy", "output"), [("prose2025", 105), ("y2019", 102)])
async def test_another_policy_rounds_otherwise(fresh_database_url: str, policy: str, output: int):
    async with open_world(fresh_database_url, rounding_policy=policy) as world:
        assert await priced(world, "XOF::Mobile", "XOF", "102") == (102, output)
