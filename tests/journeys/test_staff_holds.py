"""Money that is in, and waits until staff have looked at it: held, released, refused (flows 5.1, T7 to T9)."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from bitpesa.cli.client import Answered
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.payments.compliance.senders import dismiss_hits
from bitpesa.payments.screening.list_files import read_file
from bitpesa.payments.screening.operations import load_list
from bitpesa.payments.senders.operations import screen_everybody
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.operations import review
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Entry, Filters, staff
from tests.journeys.collecting import XOF, collection, payer_answers, pays, returned, state_of
from tests.journeys.world import PERSON, World, ok

AMINA = staff("amina")
FUNDED = ["transaction.created", "transaction.paid_in"]
PAID = ["recipient.paid_out", "transaction.paid_out"]


async def release(world: World, transaction: dict[str, Any], reason: str | None = None) -> None:
    run = world.platform.database.run
    await run(review.release, world.app, UUID(transaction["id"]), actor=AMINA, reason=reason)
    await world.drain()


async def refuse(world: World, transaction: dict[str, Any], reason: str | None = "smells") -> None:
    run = world.platform.database.run
    await run(review.refuse, world.app, UUID(transaction["id"]), actor=AMINA, reason=reason)
    await world.drain()


async def held(world: World) -> list[tuple[str, str | None, bool]]:
    """What is held: id, why, and whether that is overdue."""
    async with world.platform.database.reading() as conn:
        found, total = await queries.list_held(conn, world.app.id, limit=100)
    assert total == len(found)
    return [(str(each.transaction.id), each.transaction.held_for, each.is_overdue) for each in found]


async def did(world: World, transaction: dict[str, Any]) -> list[Entry]:
    async with world.platform.database.reading() as conn:
        entries, _ = await trail.list_page(conn, Filters(object_id=transaction["id"]), limit=100)
    return entries[::-1]


async def said(world: World, operation: Any, *args: Any, **more: Any) -> str:
    """The sentence of a refusal."""
    with pytest.raises(Invalid) as refusal:
        await world.platform.database.run(operation, world.app, *args, actor=AMINA, **more)
    ((field, errors),) = refusal.value.object["errors"].items()
    return f"{field}: {errors[0]['error']}"


def money(world: World) -> Any:
    return world.balance("USD")


@pytest.fixture
async def strict(world: World) -> World:
    """Whatever is worth 50 dollars is held."""
    await world.change_settings(hold_from_usd=50)
    return world


async def test_a_payment_of_some_size_is_held_and_paid_once_it_is_released(strict: World) -> None:
    small = await strict.funded(ok("00"))
    assert small["state"] == "paid"
    large = await strict.funded(ok("00", 20000))
    assert (large["state"], large["paid_amount"], large["due_amount"]) == ("processing", 50, 0)
    assert [leg["state"] for leg in large["recipients"]] == ["initial"]
    assert strict.events(large["id"]) == FUNDED
    assert await strict.orders(large["recipients"][0]["id"]) == []
    assert await held(strict) == [(large["id"], "worth 50.00 USD", False)]
    assert "worth" not in str(large)
    assert (await strict.debit(large)).object[0]["errors"] == {"base": [{"error": "Transaction already funded"}]}
    assert (await strict.client.delete(f"/senders/{large['sender']['id']}")).status == 422

    await release(strict, large, "known customer")
    assert (await strict.show(large))["state"] == "paid"
    assert strict.events(large["id"]) == [*FUNDED, *PAID]
    assert await held(strict) == []
    (entry,) = await did(strict, large)
    assert (entry.actor, entry.action, entry.reason) == (AMINA, "transaction.released", "known customer")
    assert (entry.before["state"], entry.after["state"]) == ("processing", "received")
    assert (entry.app_id, entry.organisation_id) == (strict.app.id, strict.app.organisation_id)


async def test_created_and_funded_at_once_it_is_held_as_well(strict: World) -> None:
    created = await strict.post_transaction(ok("00", 40000), path="/transactions/create_and_fund", external_id="T-1")
    assert (created.status, created.object["state"]) == (201, "processing")
    await strict.drain()
    assert strict.events(created.object["id"]) == FUNDED
    await release(strict, created.object)
    assert strict.events(created.object["id"]) == [*FUNDED, *PAID]


async def test_why_something_is_held_is_known_however_it_was_written(strict: World) -> None:
    for _ in range(3):  # the sender's first payment changes it; from the third on payments go without locks
        assert (await strict.funded(ok("00")))["state"] == "paid"
    debited = await strict.funded(ok("00", 20000))
    created = await strict.post_transaction(ok("00", 20000), path="/transactions/create_and_fund", external_id="T-1")
    assert (debited["state"], created.object["state"]) == ("processing", "processing")
    assert [why for _, why, _ in await held(strict)] == ["worth 50.00 USD"] * 2


async def test_the_worth_of_several_recipients_is_added_up(strict: World) -> None:
    assert (await strict.funded(ok("00", 10000), ok("00", 9000)))["state"] == "paid"
    assert (await strict.funded(ok("00", 10000), ok("00", 10000)))["state"] == "processing"


async def test_what_is_refused_comes_back_whole_and_at_once(strict: World) -> None:
    before = await money(strict)
    large = await strict.funded(ok("00", 20000), ok("00", 20000))
    assert await money(strict) == before - 100
    await refuse(strict, large)
    shown = await strict.show(large)
    assert shown["state"] == "refunded"
    assert {leg["state"] for leg in shown["recipients"]} == {"refunded"}
    assert await money(strict) == before
    assert strict.events(large["id"]) == [*FUNDED, *["recipient.refunded"] * 2, "transaction.refunded"]
    for leg in shown["recipients"]:
        assert await strict.orders(leg["id"]) == []
    assert [entry.action for entry in await did(strict, large)] == ["transaction.refused"]


async def test_staff_read_why_something_cannot_be_decided(strict: World) -> None:
    small = await strict.funded(ok("00"))
    large = await strict.funded(ok("00", 20000))
    small_id, large_id = UUID(small["id"]), UUID(large["id"])
    for operation in (review.release, review.refuse):
        assert await said(strict, operation, small_id, reason="x") == "base: Transaction is paid and not held"
        for unknown in (uuid4(), None):
            with pytest.raises(NotFound):
                await strict.platform.database.run(operation, strict.app, unknown, actor=AMINA, reason="x")
    assert await said(strict, review.refuse, large_id) == "reason: blank"
    assert await said(strict, review.refuse, large_id, reason="x" * 1001) == "reason: too_long"
    assert await said(strict, review.mark_for_review, large_id, reason="x") == (
        "base: Only a transaction that waits for its money can be marked"
    )
    await strict.review_sender(large["sender"]["id"], "ban")
    assert await said(strict, review.release, large_id) == "base: Sender is not approved"
    assert await did(strict, large) == []
    assert (await strict.show(large))["state"] == "processing"
    await strict.review_sender(large["sender"]["id"], "reinstate")
    await release(strict, large)
    assert (await strict.show(large))["state"] == "paid"


# -- what clients may do meanwhile


async def test_what_is_held_can_be_edited_and_that_starts_nothing(strict: World) -> None:
    large = await strict.funded(ok("07", 20000))
    (leg,) = large["recipients"]
    change = {"recipient": {"payout_method": {"details": {"bank_account": "1234567800"}}}}
    assert (await strict.client.patch(f"/recipients/{leg['id']}", change)).status == 200
    await strict.drain()
    assert await strict.orders(leg["id"]) == []
    forced = await strict.client.post(f"/transactions/{large['id']}/payout")
    assert (forced.status, forced.object["errors"]) == (
        422,
        {"base": [{"error": "Transaction is processing: its payouts have not started"}]},
    )
    await strict.client.post(f"/sandbox/recipients/{leg['id']}/answer", {"answer": {"code": "0"}})
    await strict.drain()
    assert (await strict.show(large))["state"] == "processing"
    await release(strict, large)
    assert (await strict.show(large))["state"] == "paid"


async def test_what_is_held_can_be_cancelled_leg_by_leg(strict: World) -> None:
    before = await money(strict)
    large = await strict.funded(ok("00", 20000), ok("00", 20000))
    first, second = large["recipients"]
    cancelled = await strict.client.delete(f"/recipients/{first['id']}")
    assert (cancelled.status, cancelled.object["state"]) == (200, "refunded")
    assert cancelled.object["transaction_state"] == "processing"
    assert await money(strict) == before - 50
    await strict.client.delete(f"/recipients/{second['id']}")
    await strict.drain()
    assert (await strict.show(large))["state"] == "refunded"
    assert strict.events(large["id"]) == [*FUNDED, *["recipient.refunded"] * 2, "transaction.refunded"]


async def test_the_rest_is_paid_when_one_was_cancelled_before_the_release(strict: World) -> None:
    large = await strict.funded(ok("00", 20000), ok("00", 20000))
    await strict.client.delete(f"/recipients/{large['recipients'][0]['id']}")
    await release(strict, large)
    shown = await strict.show(large)
    assert (shown["state"], [leg["state"] for leg in shown["recipients"]]) == ("refunded", ["refunded", "success"])


# -- what time does


async def test_what_nobody_decided_in_24_hours_goes_back(strict: World) -> None:
    before = await money(strict)
    large = await strict.funded(ok("00", 20000))
    await strict.advance(hours=24, seconds=-1)
    await strict.drain()
    assert (await strict.show(large))["state"] == "processing"
    await strict.advance(seconds=1)
    await strict.drain()
    assert (await strict.show(large))["state"] == "refunded"
    assert await money(strict) == before


async def test_without_auto_refund_it_waits_and_is_overdue(strict: World) -> None:
    large = await strict.funded(ok("00", 20000), traits={"auto_refund": False})
    await strict.advance(hours=24)
    await strict.drain()
    assert await held(strict) == [(large["id"], "worth 50.00 USD", True)]
    await release(strict, large)
    assert (await strict.show(large))["state"] == "paid"


async def test_the_24_hours_run_on_through_a_release(strict: World) -> None:
    large = await strict.funded(ok("08", 20000))
    await strict.advance(hours=23)
    await release(strict, large)
    assert (await strict.show(large))["recipients"][0]["state"] == "error"
    await strict.advance(hours=1)
    await strict.drain()
    assert (await strict.show(large))["state"] == "refunded"


# -- collected money

LEGS = [ok("00", 50000) | {"requested_currency": "XOF"}]


async def test_collected_money_is_held_and_paid_out_once_released(strict: World) -> None:
    created = await collection(strict, LEGS, XOF)
    await strict.drain()
    await pays(strict, created, 50000)
    assert await state_of(strict, created) == ("processing", "success")
    told = [
        "transaction.created",
        "payin_method.pending",
        "payin_method.paid_in",
        "transaction.paid_in",
    ]
    assert strict.events(created["id"]) == told
    await release(strict, created)
    assert await state_of(strict, created) == ("paid", "success")
    assert strict.events(created["id"]) == [*told, *PAID]


async def test_money_of_another_amount_is_still_known_as_such_after_the_hold(strict: World) -> None:
    created = await collection(strict, LEGS, XOF)
    await strict.drain()
    await pays(strict, created, 60000)
    shown = await strict.show(created)
    assert (shown["state"], shown["paid_amount"], shown["input_amount"]) == ("processing", 60000, 60000)
    assert strict.events(created["id"])[-2:] == ["payin_method.mispaid", "transaction.mispaid"]
    run = strict.platform.database.run
    await run(review.release, strict.app, UUID(created["id"]), actor=AMINA)
    assert await state_of(strict, created) == ("mispaid", "mispaid")
    await strict.drain()
    assert await state_of(strict, created) == ("paid", "mispaid")


async def test_a_short_payment_is_judged_by_what_came(strict: World) -> None:
    created = await collection(strict, LEGS, XOF)
    await strict.drain()
    await pays(strict, created, 20000)
    assert (await strict.show(created))["state"] == "paid"


@pytest.mark.parametrize("amount", [50000, 60000])
async def test_refused_collected_money_waits_until_people_sent_it_back(strict: World, amount: int) -> None:
    created = await collection(strict, LEGS, XOF)
    await strict.drain()
    await pays(strict, created, amount)
    told = strict.events(created["id"])
    await refuse(strict, created)
    shown = await strict.show(created)
    assert (shown["state"], shown["recipients"][0]["state"]) == ("canceled", "canceled")
    assert (await returned(strict, created)).status == 200
    assert await state_of(strict, created) == ("refunded", "refunded")
    assert strict.events(created["id"])[len(told) :] == [
        "transaction.canceled",
        "recipient.refunded",
        "payin_method.refunded",
        "transaction.refunded",
    ]


async def test_money_of_a_sender_who_was_banned_meanwhile_is_held(world: World) -> None:
    created = await collection(world, LEGS, XOF)
    await world.drain()
    assert (await world.show(created))["state"] == "pending"
    await world.review_sender(created["sender"]["id"], "ban")
    await pays(world, created, 50000)
    assert await state_of(world, created) == ("processing", "success")
    assert await held(world) == [(created["id"], "sender is not approved", False)]
    await refuse(world, created)
    assert (await returned(world, created)).status == 200
    assert (await world.show(created))["state"] == "refunded"


# -- who is like somebody listed


async def test_senders_with_an_open_hit_are_held_where_the_app_says_so(world: World) -> None:
    await load_namesake(world)
    await world.drain()
    assert (await world.funded(ok("00")))["state"] == "paid"
    await world.change_settings(hold_on_hits=True)
    doubtful = await world.funded(ok("00"))
    assert doubtful["state"] == "processing"
    assert await held(world) == [(doubtful["id"], "potential sanctions match of the sender", False)]
    sender_id = UUID(doubtful["sender"]["id"])
    assert await said(world, dismiss_hits, sender_id) == "reason: blank"
    run = world.platform.database.run
    assert await run(dismiss_hits, world.app, sender_id, actor=AMINA, reason="a namesake") == 1
    assert await said(world, dismiss_hits, sender_id, reason="x") == "base: Sender has no potential sanctions match"
    await world.drain()
    assert (await world.show(doubtful))["state"] == "paid", "one act of staff is enough"
    assert (await world.funded(ok("00")))["state"] == "paid"


async def load_namesake(world: World) -> None:
    """A list with a namesake of person P, born in another year."""
    text = "id,schema,name,aliases,birth_date,countries,sanctions\nn-1,Person,Jane Roe,,1950-01-01,us,Test\n"

    async def work(work: Any) -> None:
        await load_list(work, "test", read_file(text.encode(), "test.csv"), loaded_by="amina")
        await screen_everybody(work)

    await world.platform.database.run(work)


# -- without staff, in the sandbox


async def review_by_api(world: World, transaction: dict[str, Any], **review: Any) -> Answered:
    answer = await world.client.post(f"/sandbox/transactions/{transaction['id']}/review", {"review": review})
    await world.drain()
    return answer


@pytest.mark.parametrize(("outcome", "state"), [("released", "paid"), ("refused", "refunded")])
async def test_a_client_tries_a_hold_in_the_sandbox(world: World, outcome: str, state: str) -> None:
    transaction = await world.transaction(ok("00"))
    assert (await review_by_api(world, transaction, outcome="held")).object["state"] == "approved"
    await world.debit(transaction)
    await world.drain()
    assert (await world.show(transaction))["state"] == "processing"
    decided = await review_by_api(world, transaction, outcome=outcome, reason="as we like")
    assert decided.status == 200
    assert (await world.show(transaction))["state"] == state
    first, second = await did(world, transaction)
    assert (first.actor.kind, first.actor.name, first.action) == ("system", "sandbox", "transaction.marked_for_review")
    assert (second.action, second.reason) == (f"transaction.{outcome}", "as we like")


async def test_what_makes_no_sense_is_refused_in_the_sandbox(world: World) -> None:
    transaction = await world.transaction(ok("00"))
    for review_, errors in (
        ({}, {"outcome": [{"error": "blank"}]}),
        ({"outcome": 1}, {"outcome": [{"error": "invalid"}]}),
        ({"outcome": "eaten"}, {"outcome": [{"error": "inclusion"}]}),
        ({"outcome": "held", "reason": 1}, {"reason": [{"error": "invalid"}]}),
        ({"outcome": "released"}, {"base": [{"error": "Transaction is approved and not held"}]}),
    ):
        answer = await review_by_api(world, transaction, **review_)
        assert (answer.status, answer.object["errors"]) == (422, errors), review_
    assert (await review_by_api(world, {"id": "x"}, outcome="held")).status == 404
    assert (await world.show(transaction))["state"] == "approved"
    _, live = await world.open_app("live", kyc_mode="waived")
    sender = (await live.post("/senders", {"sender": PERSON})).object
    for path in (f"transactions/{transaction['id']}", f"senders/{sender['id']}"):
        assert (await live.post(f"/sandbox/{path}/review", {"review": {"outcome": "held"}})).status == 404


async def test_one_who_did_not_pay_is_not_held(strict: World) -> None:
    created = await collection(strict, LEGS, XOF)
    await strict.drain()
    await payer_answers(strict, created, "434")
    assert (await strict.show(created))["state"] == "approved"
    assert await held(strict) == []
