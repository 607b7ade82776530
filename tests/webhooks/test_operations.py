from datetime import timedelta
from uuid import uuid4

import pytest

from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.tenants.organisations.model import App, AppSettings
from bitpesa.webhooks import operations, queries
from bitpesa.webhooks.wire import webhook_json


async def test_a_webhook_is_stored_as_it_was_asked_for(world):
    submitted = {"url": "https://example.com/hook?y=é", "events": ["sender.created"], "metadata": {"a": [1, None]}}
    webhook = await world.database.run(operations.register, world.app, world.api_key_id, submitted, allow_private=False)
    assert await world.webhook(webhook) == webhook
    form = webhook_json(webhook)
    assert form.pop("id") == str(webhook.id)
    assert form.pop("created_at").endswith("Z")
    assert form == {**submitted, "disabled_at": None, "errors": {}}


async def test_a_refusal_echoes_what_was_sent_with_all_errors(world):
    submitted = {"url": "ftp://x", "events": ["foo"], "metadata": "m", "id": "1", "other": 5}
    with pytest.raises(Invalid) as refusal:
        await world.database.run(operations.register, world.app, world.api_key_id, submitted, allow_private=False)
    assert refusal.value.object == {
        "url": "ftp://x",
        "events": ["foo"],
        "metadata": "m",
        "errors": {
            "url": [{"error": "invalid"}],
            "events": [{"error": "inclusion"}],
            "metadata": [{"error": "invalid"}],
        },
    }


async def test_the_sandbox_setting_does_not_help_a_live_app(world):
    live = App(uuid4(), uuid4(), "live", AppSettings())
    with pytest.raises(Invalid):
        await world.register(url="https://127.0.0.1/", app=live)
    with pytest.raises(Invalid):
        await world.register(url="http://example.com/", app=live)


async def test_webhooks_are_listed_newest_first_page_by_page(world):
    made = [await world.register() for _ in range(3)]
    async with world.database.reading() as conn:
        first, total = await queries.list_page(conn, world.app.id, limit=2, offset=0)
        second, _ = await queries.list_page(conn, world.app.id, limit=2, offset=2)
        beyond, still_total = await queries.list_page(conn, world.app.id, limit=2, offset=4)
    assert [each.id for each in first + second] == [each.id for each in reversed(made)]
    assert (total, beyond, still_total) == (3, [], 3)


async def test_a_removed_webhook_is_answered_once_more_and_then_gone(world):
    webhook = await world.register()
    removed = await world.database.run(operations.remove, world.app.id, webhook.id)
    assert removed == webhook
    with pytest.raises(NotFound):
        await world.webhook(webhook)
    with pytest.raises(NotFound):
        await world.database.run(operations.remove, world.app.id, webhook.id)
    async with world.database.reading() as conn:
        assert await queries.list_page(conn, world.app.id, limit=10, offset=0) == ([], 0)


async def test_another_app_sees_and_removes_nothing(world):
    webhook = await world.register()
    async with world.database.reading() as conn:
        with pytest.raises(NotFound):
            await queries.find(conn, uuid4(), webhook.id)
    with pytest.raises(NotFound):
        await world.database.run(operations.remove, uuid4(), webhook.id)


async def test_removing_a_webhook_drops_what_waits_for_it_and_nothing_else(world):
    webhook, other = await world.register(), await world.register()
    await world.happen()
    await world.tell()
    await world.database.run(operations.remove, world.app.id, webhook.id)
    await world.deliver()
    assert [each.content["webhook"] for each in world.receiver.received] == [str(other.id)]
    assert sorted(await world.states()) == ["delivered", "dropped"]


async def test_a_webhook_lives_in_the_time_of_its_app(world):
    await world.pass_time(timedelta(days=400))
    moved = await world.register()
    await world.pass_time(timedelta(days=-400))
    now = await world.register()
    assert moved.created_at - now.created_at > timedelta(days=399)


async def test_a_test_is_recorded_as_an_event_of_the_webhook_itself(world):
    webhook = await world.register("sender.created")
    await world.database.run(operations.send_test, world.app.id, webhook.id)
    async with world.database.reading() as conn:
        (row,) = await conn.fetch("select name, object_id, payload::json ->> 'url' as url from events")
    assert (row["name"], row["object_id"], row["url"]) == ("webhook.test", webhook.id, webhook.url)


async def test_only_a_webhook_that_is_there_and_enabled_can_be_tried(world):
    webhook = await world.register()
    with pytest.raises(NotFound):
        await world.database.run(operations.send_test, uuid4(), webhook.id)
    async with world.database.reading() as conn:
        await conn.execute("update webhooks set disabled_at = clock_now(app_id)")
    with pytest.raises(Invalid):
        await world.database.run(operations.send_test, world.app.id, webhook.id)
