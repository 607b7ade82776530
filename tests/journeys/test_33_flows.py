"""Scenario 33, every way to pay: what the payer goes through, and what the client hears of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.journeys.collecting import XOF, collection, payer_answers, pays, post_collection, state_of, to_balance
from tests.journeys.world import World

PAID = ["payin_method.paid_in", "transaction.paid_in", "recipient.paid_out", "transaction.paid_out"]

GHS = {"type": "GHS::Mobile", "phone_number": "+233548689440", "mobile_provider": "mtn"}
ORANGE = {"type": "XOF::Mobile", "phone_number": "+221771234705", "mobile_provider": "orange", "country": "SN"}


async def events_of(world: World, transaction: dict[str, Any]) -> list[str]:
    await world.drain()
    return world.events(transaction["id"])[1:]


def lasts(transaction: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(transaction["expires_at"]) - datetime.fromisoformat(transaction["created_at"])


async def test_a_prompt_on_the_phone_that_is_confirmed_at_once(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF | {"phone_number": "+2250102030400"})
    assert created["payin_methods"][0]["ux_flow"] == "ussd_popup"
    assert lasts(created) == timedelta(hours=1)
    await world.drain()
    assert await state_of(world, created) == ("paid", "success")
    assert await events_of(world, created) == ["payin_method.pending", *PAID]
    shown = (await world.show(created))["payin_methods"][0]
    assert (shown["state_reason_details"]["code"], shown["state_reason_details"]["category"]) == ("0", "paid")
    pending, paid = (e.content["object"] for e in world.heard() if e.event.startswith("payin_method."))
    assert (pending["state"], pending["state_reason_details"]["code"]) == ("pending", "14")
    assert (paid["state"], paid["transaction_id"]) == ("success", created["id"])
    assert paid["in_details"]["ux_flow"] == "ussd_popup"


async def test_money_that_is_seen_before_it_is_final(world: World) -> None:
    created = await collection(world, to_balance(300, "GHS"), GHS | {"ux_flow": "ussd_popup"})
    await world.drain()
    await pays(world, created, 300, cleared=False)
    assert await state_of(world, created) == ("pending", "processing")
    await pays(world, created, None)
    assert await state_of(world, created) == ("paid", "success")
    assert await events_of(world, created) == ["payin_method.pending", "payin_method.processing", *PAID]


async def test_a_menu_in_which_the_payer_approves(world: World) -> None:
    created = await collection(world, to_balance(300, "GHS"), GHS | {"ux_flow": "ussd_menu_approval"})
    method = created["payin_methods"][0]
    assert method["out_details"] == {
        "style": "ussd_menu_approval",
        "menu_option": "6",
        "requires_pin": True,
        "dialing_number": "*170#",
    }
    assert "*170#" in method["instructions"]["MTN approval"]
    await world.drain()
    assert await state_of(world, created) == ("pending", "pending")


async def test_a_code_that_is_sent_to_the_phone_and_comes_back(world: World) -> None:
    created = await collection(world, to_balance(300, "GHS"), GHS | {"ux_flow": "otp_verified_ussd_popup"})
    path = f"/payin_methods/{created['payin_methods'][0]['id']}"
    assert created["payin_methods"][0]["state"] == "initial"
    await world.drain()
    shown = (await world.client.get(path)).object
    assert (shown["state"], shown["state_reason_details"]["code"]) == ("incomplete", "23")
    assert shown["state_reason_details"]["category"] == "user_action_required"
    assert (await world.show(created))["state"] == "approved"

    wrong = await world.client.patch(path, {"in_details": {"otp": "000000"}})
    assert (wrong.status, wrong.object["errors"]) == (422, {"otp": [{"error": "invalid"}]})
    assert (await world.client.get(path)).object == shown

    right = await world.client.patch(path, {"payin_method": {"in_details": {"otp": 123456}}})
    assert (right.status, right.object["state"], right.object["in_details"]["otp"]) == (200, "initial", "123456")
    await world.drain()
    assert await state_of(world, created) == ("pending", "pending")
    await pays(world, created, 300)
    assert await events_of(world, created) == ["payin_method.incomplete", "payin_method.pending", *PAID]


async def test_another_number_gets_another_code(world: World) -> None:
    created = await collection(world, to_balance(300, "GHS"), GHS | {"ux_flow": "otp_verified_ussd_popup"})
    path = f"/payin_methods/{created['payin_methods'][0]['id']}"
    await world.drain()
    edited = await world.client.patch(path, {"in_details": {"phone_number": "+233548689441"}})
    assert (edited.status, edited.object["state"]) == (200, "initial")
    assert await events_of(world, created) == ["payin_method.incomplete", "payin_method.incomplete"]


async def test_a_code_that_the_payer_brings(world: World) -> None:
    created = await collection(world, to_balance(50000), ORANGE | {"otp": "246810"})
    assert (created["payin_methods"][0]["ux_flow"], created["payin_methods"][0]["state"]) == ("ussd_voucher", "initial")
    await world.drain()
    await pays(world, created, 50000)
    assert await state_of(world, created) == ("paid", "success")


async def test_a_code_that_the_payer_brings_later_and_gets_wrong_at_first(world: World) -> None:
    created = await collection(world, to_balance(50000), ORANGE)
    method = created["payin_methods"][0]
    assert (method["state"], method["state_reason_details"]["code"]) == ("incomplete", "23")
    assert await events_of(world, created) == ["payin_method.incomplete"]

    path = f"/payin_methods/{method['id']}"
    brought = await world.client.patch(path, {"in_details": {"otp": "000000"}})
    assert (brought.status, brought.object["state"]) == (200, "initial")
    await world.drain()
    failed = (await world.client.get(path)).object
    assert (failed["state"], failed["state_reason_details"]["code"]) == ("error", "415")
    again = await world.client.patch(path, {"in_details": {"otp": "135790"}})
    assert (again.status, again.object["state"]) == (200, "pending")
    await world.drain()
    assert await state_of(world, created) == ("pending", "pending")


async def test_a_transfer_to_an_account_of_this_payment_alone(world: World) -> None:
    account = {"account_name": "Shop", "account_number": "1234567890"}
    created = await collection(world, to_balance(40000, "NGN"), {"type": "NGN::Bank", **account})
    told = created["payin_methods"][0]["out_details"]
    assert (told["style"], told["amount"], told["reference"]) == ("bank_transfer", "40000", created["payin_reference"])
    assert len(told["account_number"]) == 10
    assert told["checkout_url"].startswith(world.base_url.removesuffix("/v1") + "/pay/")
    assert lasts(created) == timedelta(hours=24)
    other = await collection(world, to_balance(40000, "NGN"), {"type": "NGN::Bank"})
    assert other["payin_methods"][0]["out_details"]["account_number"] != told["account_number"]

    await world.drain()
    await world.advance(hours=23, minutes=59)
    await pays(world, created, 40000)
    assert await state_of(world, created) == ("paid", "success")


@pytest.mark.parametrize(("code", "needed"), [("EUR", {"IBAN", "BIC"}), ("GBP", {"Account Number", "Sort Code"})])
async def test_a_transfer_that_is_known_by_its_reference(world: World, code: str, needed: set[str]) -> None:
    created = await collection(world, to_balance(80, code), {"type": f"{code}::Bank"})
    assert len(created["payin_reference"]) == 12
    assert created["payin_reference"].isalpha()
    assert created["payin_reference"].isupper()
    told = created["payin_methods"][0]["out_details"]
    assert told["Reference"] == created["payin_reference"]
    assert needed <= told.keys()
    assert lasts(created) == timedelta(hours=72)
    await world.drain()
    await world.advance(hours=71)
    await pays(world, created, 80)
    assert await state_of(world, created) == ("paid", "success")


async def test_bitcoin_where_an_app_may_take_it(world: World) -> None:
    coins = {"type": "BTC", "refund_address": "n4VQ5YdHf7hLQ2gWQYYrcxoE5B7nWuDFNF"}
    refused = await post_collection(world, to_balance(10, "USD"), coins)
    assert refused.status == 422
    assert refused.object["payin_methods"][0]["errors"] == {"type": [{"error": "not_active"}]}


async def test_a_request_that_the_payer_leaves_alone(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF)
    await world.drain()
    await payer_answers(world, created, "433")
    assert await state_of(world, created) == ("approved", "error")
    details = (await world.show(created))["payin_methods"][0]["state_reason_details"]
    assert (details["code"], details["category"]) == ("433", "user_invalid_data_error")
    debit = await world.debit(created)
    assert debit.status == 201
    await world.drain()
    assert await state_of(world, created) == ("paid", "canceled")
    assert (await events_of(world, created))[-4:] == [
        "transaction.paid_in",
        "payin_method.canceled",
        "recipient.paid_out",
        "transaction.paid_out",
    ]
