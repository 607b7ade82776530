from uuid import UUID

import pytest

from bitpesa.kernel.values.money import Money
from bitpesa.ops.insights.timeline import Delivery, Entry, Reader, timeline
from bitpesa.payments.mandates.model import MandateStatus
from bitpesa.payments.recipients.model import Ending
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.operations import review
from bitpesa.payments.transactions.operations.mandates import end_signing
from bitpesa.payments.transactions.operations.staff_settlement import retry_recipient, settle_recipient
from bitpesa.tenants.audit_log.model import staff
from bitpesa.wiring import policy_of
from tests.journeys.collecting import XOF, collection, pays, returned, to_balance
from tests.journeys.conftest import world
from tests.journeys.test_27_pending_and_stuck import stuck
from tests.journeys.test_mandates import quote_rand, rand
from tests.journeys.world import PERSON, World, ok

__all__ = ["world"]

AMINA = staff("amina@operator.example")


async def story(world: World, transaction_id: str, reader: Reader = Reader.STAFF) -> list[Entry]:
    async with world.platform.database.reading() as conn:
        payment = await queries.find(conn, world.app.id, UUID(transaction_id))
        return await timeline(conn, payment, reader)


async def test_a_payment_that_is_paid_is_told_from_its_creation_to_its_end(world: World) -> None:
    created = await world.transaction(ok("00"))
    await world.advance(minutes=5)
    await world.debit(created)
    await world.drain()
    told = await story(world, created["id"])
    assert [(entry.kind, entry.title, entry.state) for entry in told] == [
        ("created", "transaction.created", "approved"),
        ("debit", "Debit", None),
        ("funded", "transaction.paid_in", "received"),
        ("attempt", "Handed to simulator", None),
        ("answer", "simulator answered 0", "paid"),
        ("posting", "Settlement", None),
        ("posting", "Payout", None),
        ("event", "recipient.paid_out", "success"),
        ("event", "transaction.paid_out", "paid"),
    ]
    assert (told[1].at - told[0].at).total_seconds() == 300
    assert told[0].deliveries == (Delivery(UUID(world.webhook["id"]), world.receiver.url, "delivered", 1),)


async def test_the_recipients_of_one_payment_are_told_apart_and_others_are_not_in_it(world: World) -> None:
    other = await world.funded(ok("00"))
    created = await world.funded(ok("08"), ok("00"))
    told = await story(world, created["id"])
    attempts = {entry.about for entry in told if entry.kind == "attempt"}
    assert attempts == {"Recipient 1", "Recipient 2"}
    assert len(await story(world, other["id"])) == 9


async def test_money_that_came_too_often_is_told_of_until_it_is_back(world: World) -> None:
    created = await collection(world, to_balance(40000), XOF)
    await world.drain()
    await pays(world, created, 40000)
    await pays(world, created, 500)
    await returned(world, created)
    told = await story(world, created["id"])
    moved = [(entry.title, entry.about) for entry in told if entry.amount == Money(500, "XOF")]
    assert moved == [("Surplus", "bank to surplus"), ("Return", "surplus to bank")]


async def test_ways_to_pay_are_told_apart_where_there_are_several(world: World) -> None:
    transfer = {"type": "NGN::Bank", "ux_flow": "bank_transfer"}
    page = {"type": "NGN::Bank", "ux_flow": "http_redirect", "redirect_url": "https://example.com/back"}
    created = await collection(world, to_balance(40000, "NGN"), transfer, page)
    await world.drain()
    told = await story(world, created["id"])
    asked = {entry.about for entry in told if entry.title == "payin_method.pending"}
    assert asked == {"NGN::Bank by bank_transfer", "NGN::Bank by http_redirect"}


async def test_what_is_on_its_way_or_was_given_up_says_so(world: World) -> None:
    world.receiver.says(500)
    created = await world.transaction(ok("00"))
    (entry,) = await story(world, created["id"])
    assert entry.deliveries == ()
    await world.drain()
    (entry,) = await story(world, created["id"])
    assert [(each.state, each.tries) for each in entry.deliveries] == [("waiting", 1)]


def acts(told: list[Entry]) -> list[tuple[str, str]]:
    """What was done by hand, as it is told."""
    return [(entry.title, entry.about) for entry in told if entry.kind == "act"]


async def test_a_payout_that_staff_settled_says_so_and_not_that_the_provider_answered(world: World) -> None:
    payment, leg = await stuck(world)
    await world.platform.database.run(
        settle_recipient,
        world.app,
        UUID(leg),
        Ending.PAID,
        actor=AMINA,
        reason="the bank's letter of May",
        policy=policy_of(world.platform.settings, "sandbox"),
    )
    seen_by_staff = await story(world, payment["id"])
    assert acts(seen_by_staff) == [
        ("Payout settled by hand: paid", "by amina@operator.example: the bank's letter of May")
    ]
    answers = [entry.title for entry in seen_by_staff if entry.kind == "answer"]
    assert answers[-1] == "Settled by support with code 0, not by simulator"
    seen_by_client = await story(world, payment["id"], Reader.CLIENT)
    assert acts(seen_by_client) == [("Settled by support: paid", "by Support")]
    assert "amina" not in str(seen_by_client)
    assert "letter" not in str(seen_by_client)
    titles = [entry.title for entry in seen_by_client]
    assert titles.index("Settled by support: paid") < titles.index("recipient.paid_out")


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.REFUNDED])
async def test_what_a_provider_never_answered_is_not_told_as_its_answer(world: World, ending: Ending) -> None:
    payment, leg = await stuck(world)
    await world.platform.database.run(
        settle_recipient,
        world.app,
        UUID(leg),
        ending,
        actor=AMINA,
        reason="asked the bank",
        policy=policy_of(world.platform.settings, "sandbox"),
        code="41" if ending is Ending.FAILED else None,
        surely_unpaid=True,
    )
    told = await story(world, payment["id"], Reader.CLIENT)
    last = [entry.title for entry in told if entry.kind == "answer"][-1]
    assert last.startswith("Settled by support")
    assert acts(told) == [(f"Settled by support: {ending}", "by Support")]


async def test_a_payout_that_staff_retried_says_so(world: World) -> None:
    payment, leg = await stuck(world)
    await world.platform.database.run(retry_recipient, world.app, UUID(leg), actor=AMINA, reason="once more")
    assert acts(await story(world, payment["id"], Reader.CLIENT)) == [("Retried by support", "by Support")]


async def test_a_hold_says_to_staff_who_ended_it_and_to_the_client_that_support_went_on(world: World) -> None:
    held = await world.transaction(ok("00"))
    run = world.platform.database.run
    await run(review.mark_for_review, world.app, UUID(held["id"]), actor=AMINA, reason="like somebody listed")
    await world.debit(held)
    await world.advance(minutes=90)
    await run(review.release, world.app, UUID(held["id"]), actor=AMINA, reason="it is somebody else")
    assert acts(await story(world, held["id"])) == [
        ("Marked to be held", "by amina@operator.example: like somebody listed"),
        ("Hold ended by hand: released", "by amina@operator.example: it is somebody else"),
    ]
    told = await story(world, held["id"], Reader.CLIENT)
    assert acts(told) == [("Continued by support", "by Support")]
    (released,) = (entry for entry in told if entry.kind == "act")
    assert released.at == await world.now(), "by the clock of the app, which was moved"


async def test_money_of_a_hold_that_staff_refused_was_given_back_by_support(world: World) -> None:
    held = await world.transaction(ok("00"))
    run = world.platform.database.run
    await run(review.mark_for_review, world.app, UUID(held["id"]), actor=AMINA, reason="odd")
    await world.debit(held)
    await run(review.refuse, world.app, UUID(held["id"]), actor=AMINA, reason="on a list")
    assert acts(await story(world, held["id"], Reader.CLIENT)) == [("Money given back by support", "by Support")]


async def test_what_the_sandbox_was_made_to_do_says_so_to_its_owner(world: World) -> None:
    made = await world.transaction(ok("08"))
    assert (await world.client.post(f"/transactions/{made['id']}/payin", {})).status in (200, 201)
    assert (await world.client.post(f"/transactions/{made['id']}/payout", {})).status in (200, 201)
    told = acts(await story(world, made["id"], Reader.CLIENT))
    assert told == [("Payin forced", "by sandbox"), ("Payout forced", "by sandbox")]


async def test_a_mandate_that_staff_ended_is_part_of_the_story_of_what_waited_for_it(world: World) -> None:
    await quote_rand(world)
    payment = await world.funded(rand())
    mandate = UUID(payment["recipients"][0]["mandate_id"])
    await world.platform.database.run(
        end_signing, world.app, mandate, MandateStatus.BYPASSED, actor=AMINA, reason="known to us"
    )
    assert acts(await story(world, payment["id"])) == [
        ("Mandate waived by hand", "by amina@operator.example: known to us")
    ]
    assert acts(await story(world, payment["id"], Reader.CLIENT)) == [("Mandate recorded by support", "by Support")]


async def test_a_sender_that_staff_approved_is_part_of_the_story_of_what_waited_for_it(world: World) -> None:
    world.app, world.client = await world.open_app(kyc_mode="approval")
    person = {**PERSON, "external_id": "S-1"}
    sender = (await world.client.post("/senders", {"sender": person})).object
    payment = await world.transaction(ok("00"))
    assert payment["state"] == "initial"
    await world.review_sender(sender["id"], "approve", reason="the passport is in order")
    assert acts(await story(world, payment["id"])) == [
        ("Sender approved by hand", "by amina: the passport is in order")
    ]
    assert acts(await story(world, payment["id"], Reader.CLIENT)) == [("Sender updated by support", "by Support")]
    await world.advance(minutes=1)
    later = await world.transaction(ok("00"), external_id="T-LATER")
    assert acts(await story(world, later["id"])) == [], "it was approved before"
