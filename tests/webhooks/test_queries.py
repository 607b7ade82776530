from datetime import timedelta
from uuid import uuid4

import pytest

from bitpesa.kernel import clock
from bitpesa.kernel.outbox import events
from bitpesa.kernel.problems import NotFound
from bitpesa.webhooks import queries
from bitpesa.webhooks.wire import log_json, webhook_json


async def test_a_log_shows_what_was_sent_and_what_came_back(world):
    webhook = await world.register()
    event = await world.happen()
    world.receiver.headers = {"X-Answer": "yes"}
    await world.deliver()
    (received,) = world.receiver.received
    (log,) = await world.logs()
    async with world.database.reading() as conn:
        assert await queries.find_log(conn, world.app.id, log.id) == log
    form = log_json(log)
    assert form["message"] == f"Transaction({event.object_id}) transaction.created delivered!"
    assert (form["parent_id"], form["parent_type"]) == (str(webhook.id), "Webhook")
    assert form["id"] == str(log.id)
    metadata = form["metadata"]
    assert metadata["params"] == webhook_json(webhook)
    assert (metadata["event"], metadata["tries"]) == ("transaction.created", 1)
    assert (metadata["instance_id"], metadata["instance_type"]) == (str(event.object_id), "Transaction")
    assert (metadata["app_id"], metadata["api_key_id"]) == (str(world.app.id), str(world.api_key_id))
    assert metadata["request"]["url"] == world.receiver.url
    assert metadata["request"]["body"] == received.body.decode()
    proofs = dict.fromkeys(("Authorization-Signature", "webhook-signature"), "[masked]")
    assert metadata["request"]["headers"].items() <= {**received.headers, **proofs}.items()
    assert metadata["request"]["headers"].items() >= proofs.items()
    assert metadata["response"]["status"] == "200"
    assert metadata["response"]["body"] == "thanks"
    assert metadata["response"]["headers"]["X-Answer"] == "yes"


async def test_a_long_answer_is_cut(world):
    await world.register()
    await world.happen()
    world.receiver.text = "z" * 100_000
    await world.deliver()
    (log,) = await world.logs()
    assert log.metadata["response"]["body"] == "z" * 65536
    assert await world.states() == ["delivered"]


async def test_an_answer_that_is_no_text_is_logged_all_the_same(world):
    await world.register()
    await world.happen()
    world.receiver.text = "\x00\ud800".encode("utf-8", "surrogatepass").decode("latin-1")
    world.receiver.headers = {"X-Odd": "\udcff"}
    await world.deliver()
    (log,) = await world.logs()
    assert log.metadata["response"]["body"].startswith("\x00")


async def test_all_tries_of_a_delivery_share_their_attempt_id(world):
    await world.register()
    await world.happen()
    world.receiver.says(500, 200)
    await world.deliver()
    await world.pass_time(timedelta(hours=1))
    await world.deliver()
    first, second = await world.logs()
    assert first.metadata["attempt_id"] == second.metadata["attempt_id"]
    assert first.id != second.id


async def test_logs_are_listed_newest_first_page_by_page_and_by_time(world):
    await world.register()
    for _ in range(5):
        await world.happen()
        await world.deliver()
        await world.pass_time(timedelta(days=1))
    oldest_first = await world.logs()
    async with world.database.reading() as conn:
        page, total = await queries.list_logs(conn, world.app.id, limit=2, offset=2)
        within, matching = await queries.list_logs(
            conn,
            world.app.id,
            since=oldest_first[1].created_at,
            before=oldest_first[4].created_at,
            limit=10,
            offset=0,
        )
        now = await clock.now(conn, world.app.id)
    assert [log.id for log in page] == [oldest_first[2].id, oldest_first[1].id]
    assert total == 5
    assert [log.id for log in within] == [oldest_first[n].id for n in (3, 2, 1)]
    assert matching == 3
    assert now - oldest_first[-1].created_at > timedelta(hours=23)


async def test_another_apps_logs_are_not_found(world):
    await world.register()
    await world.happen()
    await world.deliver()
    (log,) = await world.logs()
    async with world.database.reading() as conn:
        with pytest.raises(NotFound):
            await queries.find_log(conn, uuid4(), log.id)
        with pytest.raises(NotFound):
            await queries.find_log(conn, world.app.id, None)
        assert await queries.list_logs(conn, uuid4(), limit=10, offset=0) == ([], 0)


async def test_a_log_shows_no_number_of_an_account_that_was_sent(world):
    await world.register()
    await world.happen(payload={"bank_account": "70123456700"})
    await world.deliver()
    (log,) = await world.logs()
    assert "70123456700" not in log.metadata["request"]["body"]
    assert "bank_account" in log.metadata["request"]["body"]
    assert b"70123456700" in world.receiver.received[0].body


async def test_a_log_outlives_what_was_sent_and_says_so(world):
    """A delivery that is made once more at the last moment has its log for longer than its event is kept."""
    await world.register()
    await world.happen()
    await world.deliver()
    await world.pass_time(timedelta(days=98))
    async with world.database.reading() as conn:
        assert await events.forget(conn, timedelta(days=97), 10) == 1
    (log,) = await world.logs()
    assert log.metadata["request"]["body"] is None
    assert log.metadata["request"]["url"] == world.receiver.url


async def test_a_log_of_earlier_days_has_in_itself_what_was_sent(world):
    await world.register()
    await world.happen()
    await world.deliver()
    (log,) = await world.logs()
    async with world.database.reading() as conn:
        await conn.execute("update webhook_logs set event_seq = null, metadata = $1", log.metadata)
    (same,) = await world.logs()
    assert same.metadata == log.metadata
