"""Rand is paid once its recipient has signed: after the funding, or before the transaction is created (flows 4.6)."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from bitpesa.money.rates import operations as rates
from tests.journeys.world import World, open_world

IN_PROGRESS = {
    "base": [{"error": "Mandate is in progress"}],
    "main_error": [{"error": "Transaction details are invalid: Mandate is in progress"}],
}
FUNDED = ["transaction.created", "transaction.paid_in"]
PAID = ["recipient.paid_out", "transaction.paid_out"]


def rand(amount: Any = 1000, currency: str = "ZAR", **details: Any) -> dict[str, Any]:
    return {
        "requested_amount": amount,
        "requested_currency": currency,
        "payout_method": {
            "type": "ZAR::Bank",
            "details": {
                "first_name": "Thandi",
                "last_name": "Mbeki",
                "email": "thandi@example.com",
                "phone_number": "+27119785313",
                "bank_code": "632005",
                "bank_account": "123456789",
                **details,
            },
        },
    }


async def quote_rand(world: World) -> None:
    async def set_rate(work: Any) -> None:
        await rates.set_rate(work, "ZAR", Decimal(20), Decimal(1), source="journey")

    await world.platform.database.run(set_rate)


@pytest.fixture
async def zar(world: World) -> World:
    await quote_rand(world)
    return world


async def only_leg(world: World, transaction: dict[str, Any]) -> dict[str, Any]:
    (leg,) = (await world.show(transaction))["recipients"]
    return leg


async def test_a_payout_waits_until_its_recipient_has_signed(zar: World) -> None:
    funded = await zar.funded(rand())
    assert funded["state"] == "received"
    (leg,) = funded["recipients"]
    assert (leg["state"], leg["editable"], leg["may_cancel"]) == ("pending", True, True)
    assert (leg["state_reason_details"]["code"], leg["state_reason_details"]["category"]) == (
        "22",
        "recipient_action_required",
    )
    assert await zar.orders(leg["id"]) == []
    mandate = (await zar.client.get(f"/mandates/{leg['mandate_id']}")).object
    assert mandate == {**mandate, "id": leg["mandate_id"], "status": "pending", "type_id": 1, "signed_at": None}
    assert zar.events(funded["id"]) == [*FUNDED, "recipient.pending"]

    await zar.advance(hours=2)
    await zar.drain()
    assert (await only_leg(zar, funded))["state"] == "pending"

    signed = await zar.client.post(f"/sandbox/mandates/{leg['mandate_id']}/sign")
    assert (signed.status, signed.object["status"]) == (200, "signed")
    assert signed.object["signed_at"] is not None
    await zar.drain()
    handed_over = await only_leg(zar, funded)
    assert (handed_over["state"], len(await zar.orders(leg["id"]))) == ("initial", 1)
    assert (await zar.client.post(f"/transactions/{funded['id']}/payout")).object["state"] == "paid"
    await zar.drain()
    assert zar.events(funded["id"]) == [*FUNDED, "recipient.pending", *PAID]

    again = await zar.funded(rand(500, first_name="THANDI"))  # signed already: same name, same account
    assert again["recipients"][0]["mandate_id"] == leg["mandate_id"]
    assert len(await zar.orders(again["recipients"][0]["id"])) == 1
    other = await zar.funded(rand(500, bank_account="987654321"))
    assert other["recipients"][0]["state"] == "pending"
    assert other["recipients"][0]["mandate_id"] != leg["mandate_id"]


async def test_what_waits_for_a_signature_can_be_cancelled_or_edited(zar: World) -> None:
    funded = await zar.funded(rand())
    (leg,) = funded["recipients"]
    change = {"recipient": {"payout_method": {"details": {"bank_account": "5"}}}}
    assert (await zar.client.patch(f"/recipients/{leg['id']}", change)).status == 200
    await zar.drain()
    edited = await only_leg(zar, funded)
    assert (edited["state"], edited["mandate_id"] != leg["mandate_id"]) == ("pending", True)
    await zar.client.post(f"/sandbox/mandates/{leg['mandate_id']}/sign")  # the one it no longer waits for
    await zar.drain()
    assert (await only_leg(zar, funded))["state"] == "pending"
    cancelled = await zar.client.delete(f"/recipients/{leg['id']}")
    assert (cancelled.status, cancelled.object["state"]) == (200, "refunded")
    await zar.drain()
    assert await zar.balance("USD") == Decimal(1000)


async def test_unsigned_money_comes_back_after_a_day(zar: World) -> None:
    funded = await zar.funded(rand())
    await zar.advance(hours=24)
    await zar.drain()
    assert (await zar.show(funded))["state"] == "refunded"
    assert await zar.balance("USD") == Decimal(1000)


async def test_a_small_payment_to_a_person_for_a_plain_reason_needs_no_signature(zar: World) -> None:
    spared = rand(5000, transfer_reason="tuition_fees")
    for leg in (await zar.funded(spared))["recipients"]:
        assert (leg["state"], "mandate_id" in leg, len(await zar.orders(leg["id"]))) == ("initial", False, 1)
    dollars = await zar.funded(rand(10, "USD", transfer_reason="tuition_fees"))
    assert dollars["recipients"][0]["state_reason_details"]["code"] == "22"


async def test_an_app_may_have_to_get_the_signature_first(zar: World) -> None:
    await zar.change_settings(mandate_required=True)
    early = await zar.post_transaction(rand())
    assert early.status == 422
    assert early.object["errors"]["base"] == [{"error": "Mandate is missing, please validate the transaction first"}]
    for _ in range(2):
        started = await zar.post_transaction(rand(), path="/transactions/validate")
        assert (started.status, started.object["state"]) == (422, "approved")
        assert started.object["errors"] == IN_PROGRESS
    assert "id" not in started.object
    for path in ("/transactions", "/transactions/create_and_fund"):
        refused = await zar.post_transaction(rand(), path=path, external_id="T-1")
        assert (refused.status, refused.object["errors"]) == (422, IN_PROGRESS)
    assert (await zar.client.get("/transactions")).object == []

    mandate_id = started.object["recipients"][0]["mandate_id"]
    assert (await zar.client.post(f"/sandbox/mandates/{mandate_id}/sign")).status == 200
    valid = await zar.post_transaction(rand(), path="/transactions/validate")
    assert (valid.status, valid.object["errors"]) == (200, {})
    created = await zar.post_transaction(rand(), path="/transactions/create_and_fund", external_id="T-1")
    assert (created.status, created.object["recipients"][0]["mandate_id"]) == (201, mandate_id)
    await zar.drain()
    assert len(await zar.orders(created.object["recipients"][0]["id"])) == 1


async def test_a_mandate_holds_for_a_calendar_year_and_for_its_app(zar: World) -> None:
    funded = await zar.funded(rand())
    mandate_id = funded["recipients"][0]["mandate_id"]
    for _ in range(2):  # a second signature changes nothing
        assert (await zar.client.post(f"/sandbox/mandates/{mandate_id}/sign")).status == 200
    await zar.advance(days=305)
    assert (await zar.client.get(f"/mandates/{mandate_id}")).status == 404
    later = await zar.funded(rand())
    assert later["recipients"][0]["state"] == "pending"
    assert later["recipients"][0]["mandate_id"] != mandate_id

    fresh = later["recipients"][0]["mandate_id"]
    _, other = await zar.open_app()
    _, live = await zar.open_app("live")
    assert (await other.get(f"/mandates/{fresh}")).status == 404
    assert (await other.post(f"/sandbox/mandates/{fresh}/sign")).status == 404
    assert (await live.post(f"/sandbox/mandates/{fresh}/sign")).status == 404
    assert (await zar.client.get(f"/mandates/{uuid4()}")).status == 404


async def test_a_deployment_may_spell_the_category_as_the_table_of_codes_does(fresh_database_url: str) -> None:
    async with open_world(fresh_database_url, category_spelling="table") as world:
        await quote_rand(world)
        (leg,) = (await world.funded(rand()))["recipients"]
        assert leg["state_reason_details"]["category"] == "recipent_action_required"
        pending = [each for each in world.heard() if each.event == "recipient.pending"]
        assert [each.content["object"]["state_reason_details"]["category"] for each in pending] == [
            "recipent_action_required"
        ]
