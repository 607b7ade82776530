import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import structlog

from bitpesa.kernel.crypto.encryption import Vault, new_master_key
from bitpesa.kernel.crypto.signing import matches
from bitpesa.kernel.database.pool import open_database
from bitpesa.kernel.outbound.http_client import Failed
from bitpesa.kernel.values import json
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.key_cache import KeyRing
from bitpesa.tenants.organisations.model import App, AppSettings
from bitpesa.webhooks import operations, store
from bitpesa.webhooks.model import DeliverySettings
from tests.webhooks.conftest import WITHOUT_ROOM
from tests.webhooks.receiver import open_receiver

SECRET = "test-secret"


# -- who is told


async def test_an_event_reaches_the_webhooks_that_asked_for_it_and_no_others(world):
    asked = await world.register("recipient.error", "transaction.created")
    await world.register("recipient.error")
    await world.happen("transaction.created")
    await world.deliver()
    assert [each.content["webhook"] for each in world.receiver.received] == [str(asked.id)]


async def test_a_new_webhook_hears_only_of_later_events(world):
    await world.happen(payload={"number": 1})
    await world.register()
    await world.happen(payload={"number": 2})
    await world.deliver()
    assert [each.content["object"] for each in world.receiver.received] == [{"number": 2}]


async def test_another_apps_events_are_not_heard(world):
    await world.register(app=App(uuid4(), uuid4(), "sandbox", AppSettings()))
    await world.happen()
    await world.deliver()
    assert world.receiver.received == []


async def test_events_are_told_once_in_batches(world):
    await world.register()
    for _ in range(5):
        await world.happen()
    courier = world.courier(WITHOUT_ROOM)
    assert [await courier.tell(2) for _ in range(4)] == [2, 2, 1, 0]
    assert await world.states() == ["waiting"] * 5


async def test_while_one_process_tells_another_leaves_it_to_it(world, fresh_database_url):
    await world.register()
    await world.happen()
    async with world.database.work() as work:
        await work.conn.execute("select pg_advisory_xact_lock(7216450118)")
        async with open_database(fresh_database_url) as other:
            assert await world.courier(database=other).tell() == 0
    assert await world.courier(WITHOUT_ROOM).tell() == 1


async def test_telling_at_the_same_time_tells_each_event_once(world):
    await world.register()
    for _ in range(20):
        await world.happen()
    couriers = [world.courier(WITHOUT_ROOM) for _ in range(4)]
    while sum(await asyncio.gather(*(each.tell(3) for each in couriers))):
        pass
    assert await world.states() == ["waiting"] * 20


async def test_telling_wakes_those_who_deliver_what_it_leaves_behind(world):
    await world.register()
    await world.happen()
    await world.courier(WITHOUT_ROOM).tell()
    assert world.database.wakeups._event("deliveries").is_set()


async def test_what_is_told_goes_out_at_once_and_wakes_nobody(world):
    await world.register("transaction.created", "transaction.paid_in")
    story = uuid4()
    await world.happen("transaction.created", subject=story)
    await world.happen("transaction.paid_in", subject=story)
    async with world.courier() as courier:
        assert await courier.tell() == 2
        assert not world.database.wakeups._event("deliveries").is_set()
        await courier.finish()
    assert [each.event for each in world.receiver.received] == ["transaction.created", "transaction.paid_in"]
    assert await world.states() == ["delivered", "delivered"]


async def test_telling_sends_no_more_at_once_than_there_is_room_for(world, receiver):
    for number in range(3):
        await world.register(url=f"{receiver.base}/{number}")
    for _ in range(4):
        await world.happen()
    receiver.is_silent = True
    settings = DeliverySettings(allow_private_in_sandbox=True, concurrent=10, concurrent_per_webhook=2)
    async with world.courier(settings) as courier:
        assert await courier.tell() == 4
        assert Counter(row["webhook_id"] for row in await leased(world)).most_common()[0][1] == 2
        assert len(await leased(world)) == 5
        assert await world.states() == ["waiting"] * 12
        assert world.database.wakeups._event("deliveries").is_set()


async def test_what_is_told_goes_behind_what_waits_already(world):
    await world.register()
    await world.happen(payload={"number": 1})
    await world.tell()
    await world.happen(payload={"number": 2})
    settings = DeliverySettings(allow_private_in_sandbox=True, concurrent_per_webhook=1)
    async with world.courier(settings) as courier:
        assert await courier.tell() == 1
        assert await leased(world) == []
        while await courier.deliver():
            await courier.finish()
    assert [each.content["object"]["number"] for each in world.receiver.received] == [1, 2]


async def test_what_is_told_waits_for_no_retry_that_is_not_due(world):
    await world.register()
    world.receiver.says(500, 200)
    async with world.courier() as courier:
        for _ in range(2):
            await world.happen()
            await courier.tell()
            await courier.finish()
    assert await world.states() == ["waiting", "delivered"]


async def test_what_is_told_while_an_earlier_event_of_its_story_is_under_way_is_sent_by_whoever_sends_that(world):
    await world.register("transaction.created", "transaction.paid_in")
    story = uuid4()
    await world.happen("transaction.created", subject=story)
    world.receiver.may_answer.clear()
    async with world.courier() as first, world.courier() as second:
        await first.tell()
        await world.happen("transaction.paid_in", subject=story)
        assert await second.tell() == 1
        assert len(await leased(world)) == 1
        assert await second.deliver() == 0
        world.receiver.may_answer.set()
        await first.finish()
    assert [each.event for each in world.receiver.received] == ["transaction.created", "transaction.paid_in"]
    assert await world.states() == ["delivered", "delivered"]


async def test_what_cannot_be_sent_undoes_nothing_of_what_was(world):
    """A recording that is rolled back has the receiver hear the same again after each lease."""
    await world.register("transaction.created", "transaction.paid_in")
    story = uuid4()
    await world.happen("transaction.created", subject=story)
    await world.happen("transaction.paid_in", subject=story)
    asked = []

    async def keys_once(conn: Any, wanted: Any) -> Any:
        asked.append(wanted)
        if len(asked) > 1:
            raise LookupError("no more keys")
        return await world.signing_keys(conn, wanted)

    async with world.courier(signing_keys=keys_once) as courier:
        await courier.tell()
        await courier.finish()
    assert len(asked) == 2
    assert await world.states() == ["delivered", "waiting"]
    assert len(await world.logs()) == 1


async def test_what_follows_in_a_story_is_not_logged_as_of_the_request_before(world, monkeypatch):
    await world.register("transaction.created", "transaction.paid_in")
    story, request_id = uuid4(), uuid4()
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        await world.happen("transaction.created", subject=story)
    await world.happen("transaction.paid_in", subject=story)
    known = []

    async def post(*_args: Any, **_more: Any) -> Failed:
        known.append(structlog.contextvars.get_contextvars().get("request_id"))
        return Failed("nobody is called")

    monkeypatch.setattr(world.http, "post", post)
    async with world.courier() as courier:
        await courier.tell()
        await courier.finish()
    assert known == [str(request_id), None]


async def test_a_story_goes_on_for_nobody_whose_webhook_is_gone_or_disabled(world, impatient):
    gone = await world.register("transaction.created", "transaction.paid_in")
    story = uuid4()
    await world.happen("transaction.created", subject=story)
    await world.happen("transaction.paid_in", subject=story)
    world.receiver.is_silent = True
    async with world.courier(impatient()) as courier:
        await courier.tell()
        await world.database.run(operations.remove, world.app.id, gone.id)
        await courier.finish()
    await world.register("transaction.created", "transaction.paid_in")
    story = uuid4()
    await world.happen("transaction.created", subject=story)
    await world.happen("transaction.paid_in", subject=story)
    await world.deliver(impatient(timeouts_until_disabled=1))
    assert [each.event for each in world.receiver.received] == ["transaction.created"] * 2
    assert await world.states() == ["dropped"] * 4


# -- what is sent


async def test_a_delivery_is_signed_over_its_url_and_body(world):
    webhook = await world.register()
    event = await world.happen(payload={"amount": "100.50", "name": "Ŝé"})
    await world.deliver()
    (received,) = world.receiver.received
    assert received.target == "/hook?tenant=7"
    assert received.body == (
        f'{{"webhook":"{webhook.id}","event":"transaction.created","object":'.encode() + event.payload + b"}"
    )
    assert received.headers["Authorization-Key"] == "test-key"
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["User-Agent"].startswith("bitpesa")
    assert matches(
        received.headers["Authorization-Signature"],
        SECRET,
        received.headers["Authorization-Nonce"],
        "POST",
        world.receiver.url,
        received.body,
    )


async def test_a_delivery_is_signed_with_the_key_that_made_the_webhook_and_else_with_the_newest(world):
    vault = Vault([new_master_key()])
    organisation = await world.database.run(organisations.create_organisation, "Acme")
    app = world.app = await world.database.run(organisations.create_app, organisation.id, "sandbox")
    first, _ = await world.database.run(organisations.create_key, vault, app.id)
    second, _ = await world.database.run(organisations.create_key, vault, app.id)
    world.api_key_id = first.id
    await world.register()
    for _ in range(3):
        await world.happen()
        await world.deliver(signing_keys=KeyRing(vault).to_sign_with)
        await world.database.run(organisations.revoke_key, app.id, first.id)
        first = second
    keys = [each.headers["Authorization-Key"] for each in world.receiver.received]
    assert len(set(keys)) == 2
    assert keys[1] == second.key
    last = (await world.logs())[-1]
    assert last.message.endswith("pending!")
    assert last.metadata["response"]["error"] == "no active API key to sign with"


# -- retries


async def test_a_receiver_that_comes_back_gets_the_same_body_under_new_nonces(world):
    await world.register()
    await world.happen()
    world.receiver.says(503, 503, 503, 503, 200)
    gaps = [timedelta(), *DeliverySettings().delays]
    for gap in gaps:
        await world.pass_time(gap * 1.11)
        await world.deliver()
    assert len(world.receiver.received) == 5
    assert len({each.body for each in world.receiver.received}) == 1
    assert len({each.headers["Authorization-Nonce"] for each in world.receiver.received}) == 5
    assert all(
        matches(
            each.headers["Authorization-Signature"],
            SECRET,
            each.headers["Authorization-Nonce"],
            "POST",
            world.receiver.url,
            each.body,
        )
        for each in world.receiver.received
    )
    assert await world.states() == ["delivered"]


async def test_nothing_is_tried_again_before_its_time(world):
    await world.register()
    await world.happen()
    world.receiver.says(503)
    for gap in DeliverySettings().delays:
        await world.deliver()
        tries = len(world.receiver.received)
        await world.pass_time(gap * 0.89)
        await world.deliver()
        assert len(world.receiver.received) == tries
        await world.pass_time(gap * 0.22)
    await world.deliver()
    assert len(world.receiver.received) == 6


@pytest.mark.parametrize("status", [429, 503, 302])
async def test_a_receiver_may_ask_for_a_longer_wait(world, status):
    await world.register()
    await world.happen()
    world.receiver.says(status, 200)
    world.receiver.headers = {"Retry-After": "3600"}
    await world.deliver()
    await world.pass_time(timedelta(minutes=59))
    await world.deliver()
    assert len(world.receiver.received) == 1
    await world.pass_time(timedelta(minutes=2))
    await world.deliver()
    assert await world.states() == ["delivered"]


async def test_no_receiver_can_ask_for_more_than_a_day(world):
    await world.register()
    await world.happen()
    world.receiver.says(503, 200)
    world.receiver.headers = {"Retry-After": "99999999999999999999"}
    await world.deliver()
    await world.pass_time(timedelta(days=1, minutes=1))
    await world.deliver()
    assert await world.states() == ["delivered"]


async def test_a_receiver_that_is_gone_disables_its_webhook_and_drops_what_waits(world):
    webhook = await world.register()
    other = await world.register(url=f"{world.receiver.base}/other")
    world.receiver.says(503)
    await world.happen()
    await world.deliver()
    world.receiver.answer = lambda number: 410 if world.receiver.received[number].target == "/hook?tenant=7" else 200
    await world.happen()
    await world.deliver()
    assert (await world.webhook(webhook)).disabled_at is not None
    assert (await world.webhook(other)).disabled_at is None
    assert [log.message.rpartition(" ")[2] for log in await world.logs() if log.webhook_id == webhook.id] == [
        "pending!",
        "dropped!",
    ]
    tried = len(world.receiver.received)
    await world.pass_time(timedelta(hours=3))
    await world.happen()
    await world.deliver()
    assert [each.target for each in world.receiver.received[tried:]] == ["/other"] * 2
    assert Counter(await world.states()) == {"dropped": 2, "delivered": 3}


async def test_after_six_attempts_a_delivery_is_dropped_and_the_webhook_stays(world):
    webhook = await world.register()
    event = await world.happen()
    world.receiver.says(500)
    for _ in range(8):
        await world.deliver()
        await world.pass_time(timedelta(hours=3))
    assert len(world.receiver.received) == 6
    assert await world.states() == ["dropped"]
    assert (await world.webhook(webhook)).disabled_at is None
    logs = await world.logs()
    assert [log.metadata["tries"] for log in logs] == [1, 2, 3, 4, 5, 6]
    assert [log.metadata["response"]["status"] for log in logs] == ["500"] * 6
    line = f"Transaction({event.object_id}) transaction.created"
    assert [log.message for log in logs] == [f"{line} pending!"] * 5 + [f"{line} dropped!"]


@pytest.mark.parametrize(("status", "state"), [(204, "delivered"), (302, "waiting"), (404, "waiting")])
async def test_any_2xx_and_only_that_is_a_success(world, status, state):
    await world.register()
    await world.happen()
    world.receiver.says(status)
    world.receiver.headers = {"Location": f"{world.receiver.base}/elsewhere"}
    await world.deliver()
    assert [each.target for each in world.receiver.received] == ["/hook?tenant=7"]
    assert await world.states() == [state]


async def test_a_refused_connection_is_tried_again(world, unused_tcp_port):
    await world.register(url=f"http://127.0.0.1:{unused_tcp_port}/")
    await world.happen()
    await world.deliver()
    (log,) = await world.logs()
    assert log.metadata["response"] == {"status": None, "headers": {}, "body": None, "error": "could not connect"}
    assert await world.states() == ["waiting"]


async def test_a_private_address_is_not_called_when_the_setting_was_withdrawn(world):
    await world.register()
    await world.happen()
    await world.deliver(DeliverySettings())
    (log,) = await world.logs()
    assert world.receiver.received == []
    assert log.metadata["response"]["error"] == "address not allowed"


# -- time-outs


async def test_ten_timeouts_in_a_row_disable_a_webhook_and_drop_what_waits(world, impatient):
    webhook = await world.register()
    for _ in range(12):
        await world.happen()
    world.receiver.is_silent = True
    await world.deliver(impatient(concurrent_per_webhook=5))
    assert len(world.receiver.received) == 10
    assert (await world.webhook(webhook)).disabled_at is not None
    assert await world.states() == ["dropped"] * 12
    assert [log.metadata["response"]["error"] for log in await world.logs()] == ["timed out"] * 10

    world.receiver.is_silent = False
    await world.happen()
    await world.pass_time(timedelta(hours=3))
    await world.deliver()
    assert len(world.receiver.received) == 10


async def test_a_webhook_made_anew_hears_only_of_new_events(world, impatient):
    await world.register()
    await world.happen()
    world.receiver.is_silent = True
    await world.deliver(impatient(timeouts_until_disabled=1))
    world.receiver.is_silent = False
    await world.happen(payload={"number": 1})
    anew = await world.register()
    await world.happen(payload={"number": 2})
    await world.deliver()
    assert world.receiver.received[1:] == world.receiver.received[-1:]
    assert world.receiver.received[-1].content == {
        "webhook": str(anew.id),
        "event": "transaction.created",
        "object": {"number": 2},
    }


async def test_an_answer_between_timeouts_starts_the_count_again(world, impatient):
    webhook = await world.register()
    for is_silent, count in ((True, 9), (False, 1), (True, 9)):
        world.receiver.is_silent = is_silent
        world.receiver.says(500)
        for _ in range(count):
            await world.happen()
        await world.deliver(impatient() if is_silent else DeliverySettings(allow_private_in_sandbox=True))
    assert len(world.receiver.received) == 19
    assert (await world.webhook(webhook)).disabled_at is None


# -- what logs keep


async def test_a_log_keeps_no_log_in_that_a_url_holds(world, receiver):
    await world.register(url=receiver.url.replace("://", "://ben:open-sesame@"))
    await world.happen()
    await world.deliver()
    async with world.database.reading() as conn:
        (kept,) = await conn.fetch("select metadata::text as text from webhook_logs")
    assert "open-sesame" not in kept["text"]
    assert "/hook" in json.decode(kept["text"].encode())["request"]["url"]


async def test_a_log_keeps_no_second_copy_of_what_was_sent(world):
    await world.register()
    event = await world.happen(payload={"said": "only once"})
    await world.deliver()
    async with world.database.reading() as conn:
        (kept,) = await conn.fetch("select metadata::text as text from webhook_logs")
    assert "only once" not in kept["text"]
    (log,) = await world.logs()
    assert event.payload.decode() in log.metadata["request"]["body"]


# -- order, room, crashes


async def test_events_of_one_story_arrive_in_their_order(world):
    await world.register("transaction.created", "transaction.paid_in", "transaction.paid_out")
    stories = [uuid4() for _ in range(4)]
    names = ["transaction.created", "transaction.paid_in", "transaction.paid_out"]
    for name in names:
        for story in stories:
            await world.happen(name, subject=story, payload={"story": str(story)})
    await world.deliver()
    for story in stories:
        heard = [each.event for each in world.receiver.received if each.content["object"]["story"] == str(story)]
        assert heard == names


async def test_a_later_event_waits_until_the_earlier_one_of_its_story_was_tried(world, receiver):
    await world.register("transaction.created", "transaction.paid_in")
    story = uuid4()
    await world.happen("transaction.created", subject=story)
    await world.happen("transaction.paid_in", subject=story)
    await world.tell()
    receiver.is_silent = True
    async with world.courier() as courier:
        assert (await courier.deliver(), await courier.deliver()) == (1, 0)  # while nobody knows how the first ends


async def test_a_later_event_does_not_wait_for_the_retry_of_an_earlier_one(world):
    await world.register("transaction.created", "transaction.paid_in")
    story = uuid4()
    await world.happen("transaction.created", subject=story)
    await world.happen("transaction.paid_in", subject=story)
    world.receiver.says(503, 200)
    await world.deliver()
    assert [each.event for each in world.receiver.received] == ["transaction.created", "transaction.paid_in"]
    assert await world.states() == ["waiting", "delivered"]


async def test_a_silent_receiver_takes_a_few_places_and_leaves_the_others_free(world, receiver):
    silent = await world.register("transaction.created")
    open_one = await world.register("transaction.paid_in", url=f"{receiver.base}/open")
    for _ in range(6):
        await world.happen("transaction.created")
    for _ in range(6):
        await world.happen("transaction.paid_in")
    await world.tell()
    receiver.is_silent = True
    settings = DeliverySettings(allow_private_in_sandbox=True, concurrent=12, concurrent_per_webhook=2)
    async with world.courier(settings) as courier:
        claimed = await courier.deliver()
        again = await courier.deliver()
        assert (claimed, again) == (4, 0)  # two of each, and then both are full
        assert receiver.most_open_requests <= 4
    assert {silent.id, open_one.id} == {row["webhook_id"] for row in await leased(world)}


async def test_the_places_of_one_courier_are_never_exceeded(world, receiver):
    for number in range(4):
        await world.register(url=f"{receiver.base}/{number}")
    for _ in range(5):
        await world.happen()
    await world.deliver(DeliverySettings(allow_private_in_sandbox=True, concurrent=3, concurrent_per_webhook=2))
    assert len(receiver.received) == 20
    assert receiver.most_open_requests <= 3


async def test_couriers_at_the_same_time_send_everything_once(world, receiver):
    for number in range(3):
        await world.register(url=f"{receiver.base}/{number}")
    for _ in range(10):
        await world.happen()
    await world.tell()
    await asyncio.gather(*(world.deliver() for _ in range(3)))
    assert len(receiver.received) == 30
    assert len({each.body for each in receiver.received}) == 30


async def test_what_a_crash_left_unrecorded_is_sent_again_when_its_lease_ends(world):
    await world.register()
    await world.happen()
    await world.tell()
    world.receiver.is_silent = True
    async with world.courier() as crashing:
        assert await crashing.deliver() == 1
    world.receiver.is_silent = False
    await world.deliver()
    assert await world.states() == ["waiting"]  # leased: somebody may still be at it
    await end_leases(world)
    await world.deliver()
    assert await world.states() == ["delivered"]
    assert len({each.body for each in world.receiver.received}) == 1


async def test_moving_the_clock_of_the_app_does_not_end_a_lease(world):
    await world.register()
    await world.happen()
    await world.tell()
    world.receiver.is_silent = True
    async with world.courier() as first, world.courier() as second:
        assert await first.deliver() == 1
        await world.pass_time(timedelta(days=1))
        assert await second.deliver() == 0


async def test_the_slower_of_two_couriers_changes_nothing_any_more(world):
    await world.register()
    await world.happen()
    await world.tell()
    world.receiver.says(500, 200)
    world.receiver.may_answer.clear()
    async with world.courier() as slow:
        await slow.deliver()
        await end_leases(world)
        async with world.courier() as fast:
            await fast.deliver()
            world.receiver.may_answer.set()
            await asyncio.gather(fast.finish(), slow.finish())
    async with world.database.reading() as conn:
        assert await conn.fetchval("select tries from webhook_deliveries") == 1
    assert len(await world.logs()) == 2


async def test_an_answer_that_comes_after_others_were_recorded_is_recorded_as_well(world, impatient):
    await world.register()
    async with open_receiver() as slow:
        slow.is_silent = True
        await world.register(url=slow.url)
        await world.happen()
        await world.deliver(impatient(total_seconds=0.5))
    async with world.database.reading() as conn:
        assert [row["tries"] for row in await conn.fetch("select tries from webhook_deliveries")] == [1, 1]
    assert sorted(await world.states()) == ["delivered", "waiting"]
    assert len(await world.logs()) == 2


async def test_removal_while_a_delivery_is_on_its_way_leaves_it_dropped(world):
    webhook = await world.register()
    await world.happen()
    await world.tell()
    world.receiver.says(500)
    async with world.courier() as courier:
        await courier.deliver()
        await world.database.run(operations.remove, world.app.id, webhook.id)
        await courier.finish()
    assert await world.states() == ["dropped"]


async def test_a_delivery_told_while_its_webhook_is_removed_does_not_stay_behind(world):
    webhook = await world.register()
    await world.happen()
    await asyncio.gather(
        world.tell(), world.database.run(operations.remove, world.app.id, webhook.id), return_exceptions=True
    )
    assert "waiting" not in await world.states()


async def end_leases(world):
    async with world.database.reading() as conn:
        await conn.execute("update webhook_deliveries set leased_until = clock_timestamp()")


async def leased(world):
    async with world.database.reading() as conn:
        return await conn.fetch("select webhook_id from webhook_deliveries where leased_until > clock_timestamp()")


# -- backlogs


def rows_looked_at(plan: dict[str, Any]) -> int:
    """How many deliveries a plan had in its hands."""
    here = plan.get("Actual Rows", 0) + plan.get("Rows Removed by Filter", 0)
    mine = here * plan.get("Actual Loops", 1) if plan.get("Relation Name") == "webhook_deliveries" else 0
    return int(mine) + sum(rows_looked_at(each) for each in plan.get("Plans", ()))


async def test_a_claim_looks_at_few_of_a_backlog_even_before_anybody_counted_it(world):
    hook = await world.register()
    async with world.database.reading() as conn:
        await conn.execute(
            "insert into events (app_id, id, name, object_type, object_id, subject_id, payload) "
            "select $1, gen_random_uuid(), 'transaction.created', 'Transaction', gen_random_uuid(), "
            "md5((n / 7)::text)::uuid, '{}' from generate_series(1, 3000) n",
            world.app.id,
        )
        await conn.execute(
            "insert into webhook_deliveries (app_id, id, webhook_id, event_seq, subject_id, state, due_at, created_at) "
            "select app_id, gen_random_uuid(), $2, seq, subject_id, 'waiting', clock_now(app_id), clock_now(app_id) "
            "from events where app_id = $1",
            world.app.id,
            hook.id,
        )
        claim = f"explain (analyze, format json) {store._sql.claim_deliveries.text}"
        nobody = ([], [])
        asked = (64, 8, *nobody, timedelta(seconds=20), *nobody, 16, *nobody, [], False)
        plan = (await conn.fetchval(claim, *asked))[0]["Plan"]
    assert plan["Actual Rows"] == 8
    assert rows_looked_at(plan) < 500
