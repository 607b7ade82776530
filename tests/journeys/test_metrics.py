"""What an operator sees of a running deployment: figures, and whether it is alive and ready."""

from contextlib import asynccontextmanager

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bitpesa.server.http import answering, listen, make_front
from bitpesa.server.metrics import Measured, make_metrics
from tests.house.operating import figures_page
from tests.journeys.sockets import request, say
from tests.journeys.world import World, ok


@asynccontextmanager
async def shown(world: World):
    """The operator's address of this world's process; yields a function that asks it."""
    listener = listen("127.0.0.1", 0)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with answering(make_metrics(world.platform), listener), aiohttp.ClientSession(base) as session:

        async def ask(path):
            async with session.get(path) as answer:
                return answer.status, await answer.text()

        yield ask


async def figures(ask):
    status, text = await ask("/metrics")
    assert status == 200
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def risen(ask, before, name, **labels):
    key = (name, *sorted(labels.items()))
    return (await figures(ask)).get(key, 0) - before.get(key, 0)


async def test_a_payment_leaves_its_figures(world: World):
    async with shown(world) as ask:
        before = await figures(ask)
        await world.funded(ok("00"))
        await world.funded(ok("19"))
        heard = len(world.heard())
        assert await risen(ask, before, "bitpesa_payout_answers_total", outcome="paid") == 1
        assert await risen(ask, before, "bitpesa_payout_answers_total", outcome="recipient_error") == 1
        assert await risen(ask, before, "bitpesa_deliveries_total", outcome="delivered") == heard
        now = await figures(ask)
        assert now["bitpesa_ledger_imbalance_minor", ("currency", "USD"), ("environment", "sandbox")] == 0
        assert now["bitpesa_database_up",] == 1
        assert now["bitpesa_database_connections_most",] == world.platform.settings.database_connections


async def test_due_work_that_nobody_does_shows_as_lag(world: World):
    key = ("bitpesa_due_work_lag_seconds", ("environment", "sandbox"), ("topic", "payout_attempts"))
    live = ("bitpesa_due_work_lag_seconds", ("environment", "live"), ("topic", "payout_attempts"))
    async with shown(world) as ask:
        assert (await figures(ask))[key] == 0
        transaction = await world.transaction(ok("00"))
        await world.debit(transaction)
        await world.advance(minutes=5)
        assert (await figures(ask))[key] < 300  # nothing is late for longer than since the clock was moved
        async with world.platform.database.reading() as conn:
            await conn.execute("update app_clocks set moved_at = moved_at - interval '1 hour'")
        late = await figures(ask)
        assert (late[key], late[live]) == (300, 0)
        await world.drain()
        assert (await figures(ask))[key] == 0


async def test_books_that_do_not_balance_show(world: World):
    async def misplace(minor):
        change = """
            update ledger_accounts set balance = balance + $2
            where app_id = $1 and kind = 'balance' and currency = 'GBP'
        """
        async with world.platform.database.work() as work:
            await work.conn.execute("set local session_replication_role = replica")  # the database would refuse it
            assert await work.conn.execute(change, world.app.id, minor) == "UPDATE 1"

    await misplace(7)
    async with shown(world) as ask:
        assert (await figures(ask))[
            "bitpesa_ledger_imbalance_minor", ("currency", "GBP"), ("environment", "sandbox")
        ] == 7
        await misplace(-7)
        assert (await figures(ask))[
            "bitpesa_ledger_imbalance_minor", ("currency", "GBP"), ("environment", "sandbox")
        ] == 0


async def test_requests_count_by_the_template_of_their_path(world: World):
    async with shown(world) as ask:
        listener = listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        async with answering(Measured(make_front(world.platform)), listener):
            before = await figures(ask)
            settings = world.platform.settings
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                for path in ("/healthz", "/pay/a", "/pay/b", "/nowhere/1", "/nowhere/2", "/v1/senders"):
                    async with session.get(path):
                        pass
                # Signed for the origin that the world answers under, and sent here.
                path = f"/senders/{world.webhook['id']}"
                async with session.get(
                    f"/v1{path}", headers=world.client.signed("GET", settings.sandbox_origins[0] + "/v1" + path, b"")
                ) as answer:
                    assert answer.status == 404
        name = "bitpesa_request_seconds_count"
        assert await risen(ask, before, name, method="GET", route="/healthz", status="200") == 1
        assert await risen(ask, before, name, method="GET", route="/pay/{token}", status="404") == 2
        assert await risen(ask, before, name, method="GET", route="none", status="404") == 2
        assert await risen(ask, before, name, method="GET", route="none", status="401") == 1
        assert await risen(ask, before, name, method="GET", route="/v1/senders/{id}", status="404") == 1


async def test_a_process_is_ready_only_with_the_schema_of_its_release(world: World):
    async with shown(world) as ask:
        assert (await ask("/readyz"))[0] == (await ask("/healthz"))[0] == 200
        async with world.platform.database.reading() as conn:
            await conn.execute("insert into schema_steps (number, name) values (9999, 'later')")
            status, text = await ask("/readyz")
            assert (status, "schema" in text) == (503, True)
            assert (await ask("/healthz"))[0] == 200
            await conn.execute("delete from schema_steps where number = 9999")


async def test_without_a_database_there_are_figures_and_no_health(world: World):
    async with shown(world) as ask:
        pool = world.platform.database.pool

        class Away:
            def __getattr__(self, name):
                return getattr(pool, name)

            def acquire(self):
                raise ConnectionRefusedError

        world.platform.database.pool = Away()
        try:
            assert (await figures(ask))["bitpesa_database_up",] == 0
            assert (await ask("/readyz"))[0] == (await ask("/healthz"))[0] == 503
        finally:
            world.platform.database.pool = pool


async def test_the_page_for_operators_lists_every_figure_and_no_other(world: World):
    async with shown(world) as ask:
        _, text = await ask("/metrics")
    there = {(family.name, family.documentation) for family in text_string_to_metric_families(text)}
    assert figures_page() == there


async def test_figures_are_not_shown_where_clients_call(world: World):
    heard = await say(world, request("GET", "/metrics", {"host": "a"}))
    assert heard.status == 404
