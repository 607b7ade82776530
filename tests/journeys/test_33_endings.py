"""Scenario 33, every ending: money twice, too much, of no use, sent back; collections given up, or never begun."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bitpesa.kernel.database.places import Turns
from bitpesa.kernel.values.money import Money
from bitpesa.payments.collections import operations as collections
from bitpesa.payments.collections.model import PayinMethod
from bitpesa.rails.providers.collecting import CollectionOrder
from tests.journeys.collecting import XOF, collection, pays, post_collection, returned, state_of, to_balance
from tests.journeys.world import PERSON, World, ok

XOF_TO_NGN = {"requested_currency": "XOF"}


def legs(*endings: str) -> list[dict[str, Any]]:
    return [ok(ending, 30000) | XOF_TO_NGN for ending in endings]


async def bank(world: World, code: str = "XOF") -> int:
    """How much is outside, in minor units: what came in less what was sent back."""
    async with world.platform.database.reading() as conn:
        return -int(
            await conn.fetchval(
                "select coalesce(sum(balance), 0) from ledger_accounts where kind = 'bank' and currency = $1", code
            )
        )


async def test_a_second_payment_goes_back_and_the_first_one_stays(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF)
    await world.drain()
    before = await bank(world)
    await pays(world, created, 50000)
    await pays(world, created, 50000)
    assert await state_of(world, created) == ("paid", "success")
    assert await bank(world) == before + 100000
    told = world.events(created["id"])
    assert (await returned(world, created)).status == 200
    assert await state_of(world, created) == ("paid", "success")
    assert await bank(world) == before + 50000
    assert world.events(created["id"]) == told


async def test_too_much_is_paid_out_as_well(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF)
    await world.drain()
    before = await world.balance("USD")
    await pays(world, created, 60000)
    shown = await world.show(created)
    assert (shown["state"], shown["input_amount"], shown["paid_amount"]) == ("paid", 60000, 60000)
    assert shown["recipients"][0]["output_amount"] == 100
    assert await world.balance("USD") == before + 100


async def test_an_amount_of_which_somebody_would_get_nothing_is_left_to_people(world: World) -> None:
    created = await collection(world, [*legs("00"), ok("00", 30) | XOF_TO_NGN], XOF)
    await world.drain()
    before = await bank(world)
    await pays(world, created, 100)
    assert await state_of(world, created) == ("exception", "exception")
    assert world.events(created["id"])[-2:] == ["payin_method.exception", "transaction.exception"]
    assert (await world.show(created))["paid_amount"] == 0
    assert (await returned(world, created)).status == 200
    assert await state_of(world, created) == ("exception", "refunded")
    assert await bank(world) == before
    for leg in created["recipients"]:
        assert (await world.client.delete(f"/recipients/{leg['id']}")).status == 422
    assert (await world.debit(created)).status == 422
    assert (await world.client.post(f"/transactions/{created['id']}/payin")).status == 422
    assert (await world.client.post(f"/transactions/{created['id']}/payout")).status == 422


async def test_collected_money_is_sent_back_by_people(world: World) -> None:
    created = await collection(world, legs("08", "08"), XOF)
    await world.drain()
    before = await bank(world)
    await pays(world, created, 60000)
    first, second = (await world.show(created))["recipients"]
    deleted = await world.client.delete(f"/recipients/{first['id']}")
    assert (deleted.status, deleted.object["state"]) == (200, "canceled")
    assert await state_of(world, created) == ("received", "success")
    assert (await world.client.delete(f"/recipients/{first['id']}")).status == 422
    await world.client.delete(f"/recipients/{second['id']}")
    assert await state_of(world, created) == ("canceled", "success")
    await world.drain()
    assert world.events(created["id"])[-1] == "transaction.canceled"
    assert await bank(world) == before + 60000

    answer = await returned(world, created)
    assert (answer.status, answer.object["state"]) == (200, "refunded")
    assert await state_of(world, created) == ("refunded", "refunded")
    assert await bank(world) == before
    assert world.events(created["id"])[-4:] == [
        "recipient.refunded",
        "recipient.refunded",
        "payin_method.refunded",
        "transaction.refunded",
    ]
    assert (await returned(world, created)).status == 422


async def test_what_is_paid_stays_paid_and_the_rest_is_sent_back(world: World) -> None:
    created = await collection(world, legs("00", "08"), XOF)
    await world.drain()
    await pays(world, created, 60000)
    failing = (await world.show(created))["recipients"][1]
    await world.client.delete(f"/recipients/{failing['id']}")
    assert await state_of(world, created) == ("received", "success")
    assert (await returned(world, created)).object["state"] == "refunded"
    assert await state_of(world, created) == ("refunded", "refunded")
    assert [leg["state"] for leg in (await world.show(created))["recipients"]] == ["success", "refunded"]


async def test_after_24_hours_a_payout_is_cancelled_and_waits_for_people(world: World) -> None:
    created = await collection(world, legs("08"), XOF)
    await world.drain()
    await pays(world, created, 30000)
    await world.advance(hours=24)
    await world.drain()
    assert await state_of(world, created) == ("canceled", "success")
    assert world.events(created["id"])[-1] == "transaction.canceled"
    assert (await returned(world, created)).object["state"] == "refunded"


async def test_a_collection_that_is_given_up(world: World) -> None:
    created = await collection(world, legs("00"), XOF)
    await world.drain()
    path = f"/payin_methods/{created['payin_methods'][0]['id']}"
    deleted = await world.client.delete(path)
    assert (deleted.status, deleted.object["state"]) == (200, "canceled")
    assert await state_of(world, created) == ("approved", "canceled")
    again = await world.client.delete(path)
    assert (again.status, again.object["errors"]) == (422, {"base": [{"error": "Payin method cannot be cancelled"}]})
    edited = await world.client.patch(path, {"in_details": {"phone_number": "+2250102030400"}})
    assert (edited.status, edited.object["errors"]) == (422, {"base": [{"error": "Payin method is not editable"}]})

    await pays(world, created, 30000)
    assert await state_of(world, created) == ("approved", "canceled")
    await returned(world, created)
    assert await state_of(world, created) == ("approved", "refunded")
    assert world.events(created["id"])[1:] == [
        "payin_method.pending",
        "payin_method.canceled",
        "payin_method.refunded",
    ]


async def test_the_last_recipient_to_leave_takes_the_collection_along(world: World) -> None:
    created = await collection(world, legs("00"), XOF)
    await world.drain()
    deleted = await world.client.delete(f"/recipients/{created['recipients'][0]['id']}")
    assert deleted.status == 200
    await world.drain()
    assert await state_of(world, created) == ("canceled", "canceled")
    assert world.events(created["id"])[1:] == [
        "payin_method.pending",
        "payin_method.canceled",
        "transaction.canceled",
    ]


async def test_of_two_ways_to_pay_the_first_that_is_used_ends_the_other(world: World) -> None:
    orange = {"type": "XOF::Mobile", "phone_number": "+221771234705", "mobile_provider": "orange", "otp": "123456"}
    created = await collection(world, legs("00"), XOF, orange)
    await world.drain()
    assert await state_of(world, created) == ("pending", "pending", "pending")
    refused = await world.debit(created)
    assert refused.object[0]["errors"] == {"base": [{"error": "Transaction already has a payin in progress"}]}
    await pays(world, created, 30000, position=1)
    assert await state_of(world, created) == ("paid", "canceled", "success")
    told = world.events(created["id"])[3:]
    assert told[:3] == ["payin_method.paid_in", "transaction.paid_in", "payin_method.canceled"]
    await pays(world, created, 30000, position=0)
    await returned(world, created)
    assert await state_of(world, created) == ("paid", "refunded", "success")


async def test_a_forced_payin_adds_what_nobody_declared(world: World) -> None:
    created = await world.transaction(*legs("00"), input_currency="XOF")
    paid = await world.client.post(f"/transactions/{created['id']}/payin", {"payin_method": {"type": "XOF::Mobile"}})
    assert (paid.status, paid.object["payin_methods"][0]["type"]) == (200, "XOF::Mobile")
    assert paid.object["payin_methods"][0]["state"] == "success"
    again = await world.client.post(f"/transactions/{created['id']}/payin")
    assert (again.status, again.object["errors"]) == (422, {"base": [{"error": "Transaction already funded"}]})
    await world.drain()
    assert world.events(created["id"])[1:3] == ["payin_method.paid_in", "transaction.paid_in"]


async def test_a_collection_waits_for_its_sender(world: World) -> None:
    app, client = await world.open_app(kyc_mode="approval")
    sender = (await client.post("/senders", {"sender": PERSON})).object
    world.app, world.client = app, client
    await world.give("1", "USD")
    created = await collection(world, to_balance(50000), XOF | {"phone_number": "+2250102030400"})
    assert created["state"] == "initial"
    await world.drain()
    assert await state_of(world, created) == ("initial", "initial")
    await world.approve_sender(sender["id"])
    await world.drain()
    assert await state_of(world, created) == ("paid", "success")
    assert await world.balance("USD") == Decimal("84.33")


async def test_what_is_wrong_with_a_payin_method_is_said_on_it(world: World) -> None:
    asked = [
        XOF | {"ux_flow": "ussd_popup", "mobile_provider": "vodafone"},
        XOF | {"ux_flow": "ussd_popup"},
        {"type": "XOF::Mobile"},
        XOF | {"ux_flow": "telepathy"},
        XOF | {"ux_flow": "blockchain"},
        {"type": "NGN::Bank", "ux_flow": "http_redirect"},
        {"type": "XOF::Bank"},
        XOF | {"phone_number": "12"},
    ]
    answer = await post_collection(world, legs("00"), *asked, path="/transactions/validate")
    assert answer.status == 422
    assert answer.object["errors"] == {"payin_methods": [{"error": "invalid"}]}
    assert [method["errors"] for method in answer.object["payin_methods"]] == [
        {"mobile_provider": [{"error": "invalid"}]},
        {},
        {"phone_number": [{"error": "blank"}], "mobile_provider": [{"error": "blank"}]},
        {"ux_flow": [{"error": "inclusion"}]},
        {"ux_flow": [{"error": "invalid"}]},
        {"type": [{"error": "invalid"}]},
        {"type": [{"error": "inclusion"}]},
        {"phone_number": [{"error": "invalid"}]},
    ]
    fine = await post_collection(world, legs("00"), XOF, path="/transactions/validate")
    assert (fine.status, fine.object["payin_methods"][0]["errors"]) == (200, {})
    priced = await post_collection(world, legs("00"), {"type": "XOF::Mobile"}, path="/transactions/calculate")
    assert priced.status == 200


async def test_an_app_without_collections_and_one_that_funds_at_once_collect_nothing(world: World) -> None:
    both = await post_collection(world, legs("00"), XOF, path="/transactions/create_and_fund", external_id="T-1")
    assert both.object["errors"] == {"payin_methods": [{"error": "invalid"}]}
    await world.change_settings(collections=False)
    refused = await post_collection(world, legs("00"), XOF)
    assert refused.object["errors"] == {"payin_methods": [{"error": "not_active"}]}
    assert (await world.client.get("/info/payment_methods/in")).object == []


async def test_the_ways_to_pay_in_are_listed_with_the_ways_to_pay_out(world: World) -> None:
    payins = (await world.client.get("/info/payment_methods/in")).object
    assert [each["type"] for each in payins] == [
        "EUR::Bank",
        "GBP::Bank",
        "GHS::Mobile",
        "NGN::Bank",
        "UGX::Mobile",
        "XOF::Mobile",
    ]
    payouts = (await world.client.get("/info/payment_methods/out")).object
    assert [each["type"] for each in payins[0]["opposites"]] == [each["type"] for each in payouts]
    assert [each["type"] for each in payouts[0]["opposites"]] == [each["type"] for each in payins]
    assert payins[-1]["details"] == ["phone_number", "mobile_provider", "country", "otp"]


async def test_nobody_sees_the_collections_of_others(world: World) -> None:
    created = await collection(world, legs("00"), XOF)
    path = f"/payin_methods/{created['payin_methods'][0]['id']}"
    _, stranger = await world.open_app()
    answers = [
        await stranger.get(path),
        await stranger.patch(path, {"in_details": {}}),
        await stranger.delete(path),
        await stranger.post(f"{path}/retry"),
        await stranger.post(f"/sandbox{path}/payment", {"payment": {"amount": 1}}),
        await world.client.get("/payin_methods/nonsense"),
    ]
    assert [answer.status for answer in answers] == [404] * 6


async def test_money_that_nobody_told_of_is_found_by_asking_again(world: World) -> None:
    """Providers may forget to tell of late money: closed collections are asked about a few times more."""
    created = await collection(world, legs("00"), XOF)
    await world.drain()
    await world.advance(hours=1)
    await world.drain()
    async with world.platform.database.work() as work:
        await work.conn.execute(
            "insert into simulated_receipts (app_id, reference, payin_method_id, currency, amount_minor, cleared)"
            " select app_id, gen_random_uuid(), id, 'XOF', 30000, true from payin_methods where transaction_id = $1",
            created["id"],
        )
    await world.drain()
    assert (await returned(world, created)).status == 422
    await world.advance(hours=1)
    await world.drain()
    assert (await returned(world, created)).status == 200
    assert await state_of(world, created) == ("canceled", "refunded")


async def test_what_was_meant_for_the_balance_goes_there_even_when_it_is_cancelled(world: World) -> None:
    created = await collection(world, to_balance(50000), XOF)
    before = await world.balance("XOF")
    paid = await world.client.post(f"/transactions/{created['id']}/payin")
    deleted = await world.client.delete(f"/recipients/{paid.object['recipients'][0]['id']}")
    assert (deleted.status, deleted.object["state"]) == (200, "refunded")
    assert await world.balance("XOF") == before + 50000
    await world.drain()
    assert (await world.show(created))["state"] == "refunded"
    assert (await returned(world, created)).status == 422


async def test_a_worker_that_dies_between_asking_and_noting_it_asks_nobody_twice(world: World) -> None:
    """The request was handed over or it was not: when the lease ends, the provider is asked which."""
    handed_over = await collection(world, legs("00"), XOF)
    never_sent = await collection(world, legs("00"), XOF)
    database = world.platform.database
    provider = world.platform.providers.for_payin("XOF::Mobile", "sandbox")

    async def request_of(_conn: Any, method: PayinMethod) -> tuple[str, CollectionOrder]:
        return provider.name, collections.order_of(method, Money(30000, "XOF"), "123456")

    claimed = await database.run(
        collections.claim_starts, request_of, free=Turns().free(10), lease=timedelta(seconds=60)
    )
    for each in claimed.ready:
        if str(each.method.transaction_id) == handed_over["id"]:
            await provider.start(each.order)
    await world.drain()
    assert await state_of(world, handed_over) == ("approved", "initial")
    await world.advance(seconds=60)
    await world.drain()
    assert await state_of(world, handed_over) == ("pending", "pending")
    assert await state_of(world, never_sent) == ("pending", "pending")
    async with database.reading() as conn:
        asked = await conn.fetch("select payin_method_id, code from simulated_collections order by created_at")
    by_method = [[row["code"] for row in asked if row["payin_method_id"] == each.method.id] for each in claimed.ready]
    assert sorted(by_method, key=len) == [["14"], [None, "14"]]


async def test_payments_and_the_end_of_time_race_and_no_money_is_lost(world: World) -> None:
    """Whatever the order, a payment funds its transaction or waits to be sent back."""
    racing = [await collection(world, legs("00"), XOF) for _ in range(12)]
    await world.drain()
    before = await bank(world)
    await world.advance(seconds=3599.999)

    async def pay(created: dict[str, Any]) -> None:
        path = f"/sandbox/payin_methods/{created['payin_methods'][0]['id']}/payment"
        answer = await world.client.post(path, {"payment": {"amount": 30000}})
        assert answer.status == 200

    async def pass_the_boundary() -> None:
        await world.drain()
        await world.advance(seconds=0.001)
        await world.sweep()

    await asyncio.gather(*map(pay, racing), pass_the_boundary())
    await world.drain()
    ended = [await state_of(world, created) for created in racing]
    assert set(ended) <= {("paid", "success"), ("canceled", "canceled")}
    assert await bank(world) == before + 12 * 30000
    for created, state in zip(racing, ended, strict=True):
        assert (await returned(world, created)).status == (422 if state[0] == "paid" else 200)
    assert await world.deadlocks() == 0


async def test_what_nobody_collects_on_live_is_refused_at_creation(world: World) -> None:
    world.app, world.client = await world.open_app("live", kyc_mode="waived")
    await world.client.post("/senders", {"sender": PERSON})
    refused = await post_collection(world, legs("00"), XOF)
    assert refused.status == 422
    assert refused.object["payin_methods"][0]["errors"] == {"type": [{"error": "not_active"}]}
