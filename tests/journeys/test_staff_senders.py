"""Staff decide about senders, and what nobody paid for yet follows (flows 3.4, 3.5; T3, T4)."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from bitpesa.cli.client import Client
from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.payments.compliance.senders import review_sender
from bitpesa.payments.senders.model import Decision
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Entry, Filters, staff
from bitpesa.tenants.organisations.model import App
from tests.journeys.test_08_kyc_hold import open_b, post_transaction
from tests.journeys.world import PERSON, World

AMINA = staff("amina")


async def sender_of(b: Client, sender: dict[str, Any]) -> tuple[str, str | None]:
    shown = (await b.get(f"/senders/{sender['id']}")).object
    return shown["state"], shown["state_reason"]


async def state_of(b: Client, transaction: dict[str, Any]) -> str:
    return str((await b.get(f"/transactions/{transaction['id']}")).object["state"])


async def did(world: World, sender: dict[str, Any]) -> list[Entry]:
    async with world.platform.database.reading() as conn:
        entries, _ = await trail.list_page(conn, Filters(object_type="Sender", object_id=sender["id"]), limit=100)
    return entries[::-1]


async def begin(world: World) -> tuple[App, Client, dict[str, Any], dict[str, Any]]:
    """An approved sender of an app that asks for approval, and its transaction that nobody paid for."""
    app, b = await open_b(world)
    sender = (await b.post("/senders", {"sender": PERSON})).object
    await world.approve_sender(sender["id"], app)
    transaction = (await post_transaction(b, {"id": sender["id"]})).object
    assert transaction["state"] == "approved"
    return app, b, sender, transaction


async def test_one_that_is_asked_for_more_waits_until_it_has_said_it(world: World) -> None:
    app, b, sender, transaction = await begin(world)
    await world.review_sender(sender["id"], "ask", app, "the bill is forged")
    assert await sender_of(b, sender) == ("incomplete", "More information about the sender is needed")
    await world.review_sender(sender["id"], "ask", app, "the bill is forged", "a proof of address, please")
    assert await sender_of(b, sender) == ("incomplete", "a proof of address, please")
    assert await state_of(b, transaction) == "initial"
    assert (await post_transaction(b, {"id": sender["id"]})).object["state"] == "initial"

    await b.patch(f"/senders/{sender['id']}", {"sender": {"metadata": {"seen": True}}})
    assert (await sender_of(b, sender))[0] == "incomplete"
    said = await b.patch(f"/senders/{sender['id']}", {"sender": {"street": "350 5th Ave"}})
    assert (said.object["state"], said.object["state_reason"]) == ("initial", None)
    await world.approve_sender(sender["id"], app)
    assert await state_of(b, transaction) == "approved"
    await world.drain()
    assert world.events(sender["id"]) == ["sender.created", "sender.approved", "sender.approved"]
    assert world.events(transaction["id"]) == ["transaction.created", "transaction.approved"]


@pytest.mark.parametrize(("decision", "state"), [("reject", "rejected"), ("ban", "banned")])
async def test_one_that_is_turned_away_comes_back_when_it_is_reinstated(
    world: World, decision: str, state: str
) -> None:
    app, b, sender, transaction = await begin(world)
    await world.review_sender(sender["id"], decision, app, "the passport is forged")
    assert await sender_of(b, sender) == (state, "Sender could not be approved")
    assert await state_of(b, transaction) == "initial"
    refused = await post_transaction(b, {"id": sender["id"]})
    assert refused.object["sender"]["errors"] == {"base": [{"error": f"Sender is {state}"}]}

    await world.review_sender(sender["id"], "reinstate", app, "it was not")
    assert await sender_of(b, sender) == ("approved", None)
    assert await state_of(b, transaction) == "approved"
    await world.drain()
    assert world.events(sender["id"]) == ["sender.created", "sender.approved", "sender.rejected", "sender.approved"]
    assert [(each.actor, each.action, each.reason) for each in await did(world, sender)] == [
        (AMINA, "sender.approved", None),
        (AMINA, f"sender.{state}", "the passport is forged"),
        (AMINA, "sender.reinstated", "it was not"),
    ]
    banned = (await did(world, sender))[1]
    assert (banned.before, banned.after) == (
        {"state": "approved", "state_reason": None},
        {"state": state, "state_reason": "Sender could not be approved"},
    )
    assert (banned.app_id, banned.organisation_id) == (app.id, app.organisation_id)


async def test_money_that_is_on_its_way_is_not_touched(world: World) -> None:
    app, b, sender, transaction = await begin(world)
    await b.post("/accounts/debits", {"debit": {"to_id": transaction["id"], "to_type": "Transaction"}})
    await world.review_sender(sender["id"], "ban", app)
    assert await state_of(b, transaction) == "received"
    await world.drain()
    assert await state_of(b, transaction) == "paid"


async def test_what_staff_cannot_decide_so_changes_nothing_and_is_not_written_down(world: World) -> None:
    app, b, sender, transaction = await begin(world)
    before = len(await did(world, sender))

    async def refusal(decision: Decision, reason: str | None = "x") -> str:
        with pytest.raises(Invalid) as problem:
            await world.platform.database.run(
                review_sender, app, UUID(sender["id"]), decision, actor=AMINA, reason=reason
            )
        ((field, errors),) = problem.value.object["errors"].items()
        return f"{field}: {errors[0]['error']}"

    assert (
        await refusal(Decision.APPROVE) == "base: Sender is approved and cannot be approved; possible: ask, reject, ban"
    )
    assert (await refusal(Decision.REINSTATE)).startswith("base: Sender is approved and cannot be reinstated")
    for decision in (Decision.ASK, Decision.REJECT, Decision.BAN, Decision.REINSTATE):
        for blank in (None, "", "  "):
            assert await refusal(decision, blank) == "reason: blank"
    assert await refusal(Decision.BAN, "x" * 1001) == "reason: too_long"
    assert await refusal(Decision.BAN, "a\x00") == "reason: invalid"
    assert (await sender_of(b, sender), await state_of(b, transaction)) == (("approved", None), "approved")
    assert len(await did(world, sender)) == before
    for unknown in (uuid4(), None):
        with pytest.raises(NotFound):
            await world.platform.database.run(review_sender, app, unknown, Decision.APPROVE, actor=AMINA)
    with pytest.raises(NotFound):
        await world.platform.database.run(review_sender, world.app, UUID(sender["id"]), Decision.APPROVE, actor=AMINA)
    await b.delete(f"/senders/{sender['id']}")
    assert await refusal(Decision.BAN) == "base: Sender is disabled and cannot be banned"


async def test_a_client_plays_staff_to_itself_in_the_sandbox(world: World) -> None:
    _, b = await open_b(world)
    sender = (await b.post("/senders", {"sender": PERSON})).object
    path = f"/sandbox/senders/{sender['id']}/review"
    for outcome, state in (
        ("approved", "approved"),
        ("asked", "incomplete"),
        ("rejected", "rejected"),
        ("reinstated", "approved"),
        ("banned", "banned"),
    ):
        answer = await b.post(path, {"review": {"outcome": outcome, "reason": f"we try {outcome}"}})
        assert (answer.status, answer.object["state"], answer.object["state_reason"]) == (
            200,
            state,
            f"we try {outcome}",
        )
    without = await b.post(path, {"review": {"outcome": "reinstated"}})
    assert without.object["state_reason"] == "decided in the sandbox"
    impossible = await b.post(path, {"review": {"outcome": "approved"}})
    assert impossible.status == 422
    assert "cannot be approved" in impossible.object["errors"]["base"][0]["error"]
    unknown = await b.post(path, {"review": {"outcome": "praised"}})
    assert unknown.object["errors"] == {"outcome": [{"error": "inclusion"}]}
    assert (await world.client.post(path, {"review": {"outcome": "banned"}})).status == 404
    assert {each.actor.name for each in await did(world, sender)} == {"sandbox"}
