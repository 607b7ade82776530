"""Scenario 36: which events can be asked for, who hears them, and what they carry."""

from typing import Any
from uuid import UUID

from bitpesa.kernel.values import json
from tests.journeys.world import World, ok

NAMES = """
transaction.created transaction.approved transaction.paid_in transaction.mispaid transaction.error transaction.paid_out
transaction.canceled transaction.refunded transaction.exception
recipient.pending recipient.error recipient.paid_out recipient.refunded
sender.created sender.approved sender.rejected sender.disabled
document.created document.disabled
payout_method.created payout_method.disabled
payin_method.incomplete payin_method.pending payin_method.processing payin_method.paid_in payin_method.error
payin_method.mispaid payin_method.canceled payin_method.refunded payin_method.exception
transaction_request.created transaction_request.accepted transaction_request.rejected transaction_request.modified
transaction_request.confirmed transaction_request.canceled transaction_request.reset transaction_request.refused
transaction_request.expired
""".split()


async def register(world: World, *events: str) -> Any:
    webhook = {"url": f"{world.receiver.base}/other", "events": list(events)}
    return await world.client.post("/webhooks", {"webhook": webhook})


async def test_the_list_of_events_is_what_can_be_asked_for(world: World) -> None:
    assert (await world.client.get("/webhooks/events")).object == NAMES
    count = (await world.client.get("/webhooks")).body["meta"]["pagination"]["total_count"]
    for refused in ("transaction.paid", "foo"):
        answer = await register(world, "transaction.created", refused)
        assert (answer.status, answer.object["errors"]) == (422, {"events": [{"error": "inclusion"}]})
    assert (await register(world)).object["errors"] == {"events": [{"error": "blank"}]}
    assert (await world.client.get("/webhooks")).body["meta"]["pagination"]["total_count"] == count
    accepted = await register(world, "transaction_request.created", "transaction_request.created")
    assert (accepted.status, accepted.object["events"]) == (201, ["transaction_request.created"])


async def test_every_object_is_the_snapshot_of_its_moment(world: World) -> None:
    created = await world.transaction(ok("00"), ok("08", 20000), ok("19", 30000), external_id="T-1")
    moments = [created]
    assert (await world.debit(created)).status == 201
    moments.append(await world.show(created))
    await world.drain()
    moments.append(await world.show(created))
    for leg in created["recipients"][1:]:
        assert (await world.client.delete(f"/recipients/{leg['id']}")).object["state"] == "refunded"
        moments.append(await world.show(created))
    await world.drain()

    heard = [each.content for each in world.heard()]
    assert {each["webhook"] for each in heard} == {world.webhook["id"]}
    assert [(each["event"], each["object"]) for each in heard] == await recorded(world, created["id"])
    follow(created, heard)
    of_transaction = [each["object"] for each in heard if each["event"].startswith("transaction.")]
    assert [each["event"] for each in heard][:2] == ["transaction.created", "transaction.paid_in"]
    assert [each["event"] for each in heard][-3:] == [
        "recipient.refunded",
        "recipient.refunded",
        "transaction.refunded",
    ]
    assert (of_transaction[0], of_transaction[1], of_transaction[-1]) == (moments[0], moments[1], moments[-1])
    for moment, leg_heard in zip(moments[3:], [heard[-3], heard[-2]], strict=True):
        (shown,) = [leg for leg in moment["recipients"] if leg["id"] == leg_heard["object"]["id"]]
        assert leg_heard["object"] == {**shown, "external_id": "T-1"}


async def recorded(world: World, transaction_id: str) -> list[tuple[str, Any]]:
    """What was recorded of a transaction in the very work that changed it, in order."""
    async with world.platform.database.reading() as conn:
        rows = await conn.fetch(
            "select name, payload from events where subject_id = $1 order by seq", UUID(transaction_id)
        )
    return [(row["name"], json.decode(row["payload"].encode())) for row in rows]


def follow(created: dict[str, Any], heard: list[dict[str, Any]]) -> None:
    """Whoever follows the recipients' events knows at every moment what the transaction's event shows of them."""
    known = {leg["id"]: leg["state"] for leg in created["recipients"]}
    for each in heard:
        told = each["object"]
        if each["event"].startswith("recipient."):
            known[told["id"]] = told["state"]
            assert (told["transaction_id"], told["transaction_external_id"]) == (created["id"], "T-1")
        else:
            assert {leg["id"]: leg["state"] for leg in told["recipients"]} == known
            assert {leg["transaction_state"] for leg in told["recipients"]} == {told["state"]}


async def test_a_webhook_hears_what_it_asked_for_and_nothing_else(world: World) -> None:
    only_errors = (await register(world, "recipient.error")).object
    funded = await world.funded(ok("08"))
    paid = await world.funded(ok("00"))
    assert paid["state"] == "paid"
    (deleted,) = [await world.client.delete(f"/recipients/{leg['id']}") for leg in funded["recipients"]]
    assert deleted.status == 200
    await world.drain()
    others = [each for each in world.heard() if each.target == "/other"]
    assert [each.event for each in others] == ["recipient.error"]
    assert others[0].content["webhook"] == only_errors["id"]
    assert len([each for each in world.heard() if each.target != "/other"]) == 10
