from uuid import UUID

from bitpesa.kernel.money import Money
from bitpesa.reports.timeline import Delivery, Entry, timeline
from bitpesa.transactions import queries
from tests.journeys.collecting import XOF, collection, pays, returned, to_balance
from tests.journeys.conftest import world
from tests.journeys.world import World, ok

__all__ = ["world"]


async def story(world: World, transaction_id: str) -> list[Entry]:
    async with world.platform.database.reading() as conn:
        payment = await queries.find(conn, world.app.id, UUID(transaction_id))
        return await timeline(conn, payment)


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
