"""Payouts that machines cannot end: staff record how they ended, or have them retried (flows 5.2, R7, R13; 8.5)."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.payments.recipients import queries
from bitpesa.payments.recipients.model import Ending
from bitpesa.payments.recipients.rules import RetryPolicy
from bitpesa.payments.transactions.operations import review
from bitpesa.payments.transactions.operations.staff_settlement import retry_recipient, settle_recipient
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters, staff
from tests.journeys.conftest import check_books
from tests.journeys.test_27_pending_and_stuck import PAID, REFUNDED, STUCK, stuck
from tests.journeys.world import World, ok, open_world

AMINA = staff("amina")
POLICY = RetryPolicy()


async def settle(world: World, leg_id: str, ending: str, *, reason: str | None = "asked the bank", **more: Any) -> None:
    run = world.platform.database.run
    await run(
        settle_recipient, world.app, UUID(leg_id), Ending(ending), actor=AMINA, reason=reason, policy=POLICY, **more
    )
    await world.drain()


async def retry(world: World, leg_id: str) -> None:
    await world.platform.database.run(retry_recipient, world.app, UUID(leg_id), actor=AMINA)
    await world.drain()


async def refusal_of(call: Any) -> str:
    with pytest.raises(Invalid) as refusal:
        await call
    ((field, errors),) = refusal.value.object["errors"].items()
    return f"{field}: {errors[0]['error']}"


async def waiting(world: World) -> list[tuple[str, str]]:
    async with world.platform.database.reading() as conn:
        found, total = await queries.list_for_people(conn, world.app.id, limit=100)
        assert (found, total) == await queries.list_for_people(conn, limit=100)
    return [(str(each.id), each.state) for each in found]


async def states(world: World, transaction: dict[str, Any]) -> tuple[str, str]:
    shown = await world.show(transaction)
    return shown["state"], shown["recipients"][0]["state"]


async def test_a_stuck_payout_that_was_paid_after_all(world: World) -> None:
    transaction, leg_id = await stuck(world)
    assert await waiting(world) == [(leg_id, "stuck")]
    await settle(world, leg_id, "paid")
    assert await states(world, transaction) == ("paid", "success")
    assert world.events(transaction["id"]) == [*STUCK, *PAID]
    assert await world.balance("USD") == 975
    assert await waiting(world) == []
    async with world.platform.database.reading() as conn:
        ((entry,), _) = await trail.list_page(conn, Filters(object_type="Recipient"), limit=10)
        (attempt,) = await conn.fetch("select result_code, answer from payout_attempts")
    assert (entry.action, entry.reason, entry.object_id) == ("recipient.paid", "asked the bank", leg_id)
    assert (entry.before["state"], entry.after["state"]) == ("stuck", "success")
    assert entry.details["transaction_id"] == transaction["id"]
    assert tuple(attempt) == ("0", "by staff: paid, asked the bank")


async def test_a_stuck_payout_that_failed_is_tried_again_as_any_failure_is(world: World) -> None:
    transaction, leg_id = await stuck(world)
    assert await refusal_of(settle(world, leg_id, "failed")) == "base: A failure needs a code that says so, such as 416"
    for code in ("0", "13", "22", "999", "14"):
        assert "needs a code" in await refusal_of(settle(world, leg_id, "failed", code=code))
    await settle(world, leg_id, "failed", code="32")
    assert await states(world, transaction) == ("received", "error")
    shown = (await world.show(transaction))["recipients"][0]
    assert (shown["state_reason_details"]["code"], shown["retriable"]) == ("32", True)
    assert world.events(transaction["id"]) == [*STUCK, "recipient.error", "transaction.error"]
    assert len(await world.orders(leg_id)) == 1
    await retry(world, leg_id)
    assert len(await world.orders(leg_id)) == 2
    assert await states(world, transaction) == ("manual", "stuck")  # the bank says still that it does not know


async def test_a_stuck_payout_that_was_cancelled_is_refunded_when_it_failed(world: World) -> None:
    transaction, leg_id = await stuck(world)
    assert (await world.client.delete(f"/recipients/{leg_id}")).status == 200
    await settle(world, leg_id, "failed", code="416")
    assert await states(world, transaction) == ("refunded", "refunded")
    assert world.events(transaction["id"]) == [*STUCK, *REFUNDED]
    assert await world.balance("USD") == 1000


async def test_a_stuck_payout_is_refunded_only_if_it_was_surely_not_paid(world: World) -> None:
    transaction, leg_id = await stuck(world)
    assert await refusal_of(settle(world, leg_id, "refunded")) == (
        "base: A provider may have paid: refund only if it surely did not, and say so"
    )
    assert await refusal_of(settle(world, leg_id, "refunded", reason=" ", surely_unpaid=True)) == "reason: blank"
    assert await states(world, transaction) == ("manual", "stuck")
    await settle(world, leg_id, "refunded", surely_unpaid=True)
    assert await states(world, transaction) == ("refunded", "refunded")
    assert world.events(transaction["id"]) == [*STUCK, *REFUNDED]
    assert await world.balance("USD") == 1000


async def test_retrying_a_stuck_payout_asks_and_never_sends(world: World) -> None:
    transaction, leg_id = await stuck(world)
    await retry(world, leg_id)
    assert await states(world, transaction) == ("manual", "stuck")
    assert len(await world.orders(leg_id)) == 1


async def test_what_was_given_up_is_retried_paid_by_hand_or_refunded(fresh_database_url: str) -> None:
    async with open_world(fresh_database_url, attempt_limit=1) as world:
        given_up = [await world.funded(ok("08")) for _ in range(3)]
        legs = [each["recipients"][0]["id"] for each in given_up]
        assert await waiting(world) == [(leg, "manual") for leg in legs]
        assert "No attempt of this recipient is open" in await refusal_of(settle(world, legs[0], "failed", code="3"))

        await world.client.post(f"/sandbox/recipients/{legs[0]}/answer", {"answer": {"code": "0"}})
        await retry(world, legs[0])
        assert await states(world, given_up[0]) == ("paid", "success")
        assert len(await world.orders(legs[0])) == 2
        await settle(world, legs[1], "paid", reason="by cheque")
        assert await states(world, given_up[1]) == ("paid", "success")
        await settle(world, legs[2], "refunded")
        assert await states(world, given_up[2]) == ("refunded", "refunded")
        assert await world.balance("USD") == 950
        assert await waiting(world) == []
        await check_books(world.platform.database)


async def test_a_failed_payout_is_retried_before_its_time(world: World) -> None:
    transaction = await world.funded(ok("08"))
    (leg,) = transaction["recipients"]
    await world.client.post(f"/sandbox/recipients/{leg['id']}/answer", {"answer": {"code": "0"}})
    await retry(world, leg["id"])
    assert await states(world, transaction) == ("paid", "success")


async def test_staff_read_why_something_is_not_settled_or_retried(world: World) -> None:
    paid, pending, unfunded = (
        await world.funded(ok("00")),
        await world.funded(ok("01")),
        await world.transaction(ok("00")),
    )
    for transaction, settled, retried in (
        (paid, "Recipient is success and does not wait for people", "Recipient is success and is not tried again"),
        (pending, "Recipient is pending and does not wait for people", "Recipient is pending and is not tried again"),
        (
            unfunded,
            "Recipient is initial and does not wait for people",
            "Transaction is approved: no payout has started",
        ),
    ):
        leg_id = transaction["recipients"][0]["id"]
        for ending in Ending:
            assert await refusal_of(settle(world, leg_id, ending, code="416")) == f"base: {settled}"
        assert await refusal_of(retry(world, leg_id)) == f"base: {retried}"
    await world.platform.database.run(
        review.mark_for_review, world.app, UUID(unfunded["id"]), actor=AMINA, reason="looks odd"
    )
    await world.debit(unfunded)
    held = await refusal_of(retry(world, unfunded["recipients"][0]["id"]))
    assert held == "base: Transaction is processing: no payout has started"
    with pytest.raises(NotFound):
        await retry(world, str(uuid4()))
    with pytest.raises(NotFound):
        await settle(world, str(uuid4()), "paid")
