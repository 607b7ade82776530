"""Scenario 31: with the trait, the account is looked up before it is paid, and after every edit."""

from decimal import Decimal
from typing import Any

from tests.journeys.world import World, mobile, ok

CHECKED = {"traits": {"account_validation": True}}
TEST_USER = {"first_name": "Test", "last_name": "User"}
HOLDER = {"provider_name_validation": {"valid?": True, "account_name": "TEST USER"}}
FUNDED = ["transaction.created", "transaction.paid_in"]
FAILED = ["recipient.error", "transaction.error"]
PAID = ["recipient.paid_out", "transaction.paid_out"]


async def only_leg(world: World, transaction: dict[str, Any]) -> dict[str, Any]:
    (leg,) = (await world.show(transaction))["recipients"]
    return leg


async def test_an_account_of_the_same_name_is_paid(world: World) -> None:
    funded = await world.funded(ok("00", **TEST_USER), **CHECKED)
    assert funded["state"] == "paid"
    assert funded["traits"] == {"account_validation": True}
    (leg,) = funded["recipients"]
    assert leg["payout_method"]["details"]["bank_account"] == "12345678900"
    assert (leg["state"], leg["metadata"]) == ("success", HOLDER)
    assert world.events(funded["id"]) == [*FUNDED, *PAID]


async def test_an_account_of_another_name_is_not_paid_until_the_name_is_edited(world: World) -> None:
    funded = await world.funded(ok("00", first_name="John", last_name="Smith"), **CHECKED)
    assert funded["state"] == "received"
    (leg,) = funded["recipients"]
    assert leg["state_reason"] == (
        "The recipient name doesn't match the account holder's name. Please edit or cancel the transaction"
    )
    assert (leg["state"], leg["state_reason_details"]["code"], leg["metadata"]) == ("error", "44", HOLDER)
    assert (leg["editable"], leg["may_cancel"], leg["retriable"]) == (True, True, False)
    assert await world.orders(leg["id"]) == []

    await world.advance(hours=1)
    await world.drain()  # the same name fails again, and is not taken for one that passed
    assert await world.orders(leg["id"]) == []

    change = {"recipient": {"payout_method": {"details": TEST_USER}}}
    assert (await world.client.patch(f"/recipients/{leg['id']}", change)).status == 200
    await world.drain()
    assert (await world.show(funded))["state"] == "paid"
    paid = await only_leg(world, funded)
    assert (paid["state"], paid["state_reason"], paid["metadata"]) == ("success", None, HOLDER)
    assert len(await world.orders(leg["id"])) == 1
    assert world.events(funded["id"]) == [*FUNDED, *FAILED, *FAILED, *PAID]
    assert await world.balance("USD") == Decimal(975)


async def test_an_account_that_cannot_be_looked_up_is_tried_again(world: World) -> None:
    funded = await world.funded(ok("39", **TEST_USER), **CHECKED)
    (leg,) = funded["recipients"]
    assert leg["state_reason"] == (
        "We were not able to verify that the provided account exists. This could be a temporary error with a bank, "
        "a telco, or it can mean the provided details were incorrect. We will retry the transaction. "
        "You can also edit or cancel the payout"
    )
    assert (leg["state"], leg["state_reason_details"]["code"], leg["metadata"]) == ("error", "32", {})
    assert (leg["editable"], leg["may_cancel"], leg["retriable"]) == (True, True, True)
    await world.advance(minutes=1)
    await world.drain()
    assert world.events(funded["id"]) == [*FUNDED, *FAILED, *FAILED]
    assert await world.orders(leg["id"]) == []

    assert (await world.client.delete(f"/recipients/{leg['id']}")).object["state"] == "refunded"
    assert await world.balance("USD") == Decimal(1000)


async def test_the_request_beats_the_default_of_the_app(world: World) -> None:
    smith = ok("00", first_name="John", last_name="Smith")
    await world.change_settings(account_validation_default=True)
    unchecked = await world.funded(smith, traits={"account_validation": False})
    assert (unchecked["state"], unchecked["recipients"][0]["metadata"]) == ("paid", {})
    by_default = await world.funded(smith)
    assert (by_default["recipients"][0]["state"], by_default["traits"]) == ("error", {})
    await world.change_settings(account_validation_default=False)
    assert (await world.funded(smith))["state"] == "paid"


async def test_the_network_and_the_status_of_mobile_accounts_are_checked(world: World) -> None:
    free = mobile("XOF::Mobile", "+221774044400", 6000, "XOF", country="SN", mobile_provider="free")
    mtn = mobile("XAF::Mobile", "+237674044400", 6000, "XAF", country="CM", mobile_provider="mtn")
    shown = await world.funded(free, mtn, **CHECKED)
    of_another_network, active = shown["recipients"]
    assert (of_another_network["state"], of_another_network["state_reason_details"]["code"]) == ("error", "413")
    assert of_another_network["state_reason"] == (
        "The mapped mobile provider doesn't match the payout details' mobile provider. "
        "Please edit or cancel the transaction."
    )
    orange = {"provider_network_validation": {"valid?": True, "mapped_mobile_provider": "orange"}}
    assert of_another_network["metadata"] == orange
    assert active["state"] == "success"
    assert active["metadata"] == {"provider_account_status_validation": {"valid?": True, "account_status": "active"}}

    change = {"recipient": {"payout_method": {"details": {"mobile_provider": "orange"}}}}
    assert (await world.client.patch(f"/recipients/{of_another_network['id']}", change)).status == 200
    await world.drain()
    after = await world.show(shown)
    assert (after["state"], after["recipients"][0]["metadata"]) == ("paid", orange)
