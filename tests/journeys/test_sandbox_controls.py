"""Ours: what the sandbox has beyond the API of live. Answers are scripted, and an app is begun anew."""

import asyncio
from typing import Any

from bitpesa.kernel.values import json
from tests.journeys.serving import serving
from tests.journeys.world import PERSON, World, ok

YEAR = 366 * 86_400


async def script(world: World, recipient_id: str, code: str) -> None:
    answer = await world.client.post(f"/sandbox/recipients/{recipient_id}/answer", {"answer": {"code": code}})
    assert (answer.status, answer.object) == (200, {"code": code, "paid_minor": None})


async def leg(world: World, transaction: dict[str, Any]) -> dict[str, Any]:
    return (await world.show(transaction))["recipients"][0]


# -- answers


async def test_a_payout_that_waits_for_its_next_attempt_is_attempted_at_once(world: World):
    transaction = await world.funded(ok("08"))
    failed = transaction["recipients"][0]
    assert failed["state"] == "error"
    await script(world, failed["id"], "0")
    await world.drain()
    assert (await leg(world, transaction))["state"] == "success"
    assert (await world.show(transaction))["state"] == "paid"


async def test_a_payout_that_the_bank_holds_is_answered_at_once(world: World):
    transaction = await world.funded(ok("01"))
    assert (await leg(world, transaction))["state"] == "pending"
    await script(world, transaction["recipients"][0]["id"], "0")
    await world.drain()
    assert (await leg(world, transaction))["state"] == "success"


async def test_a_payout_that_was_not_begun_gets_the_answer_when_it_is(world: World):
    transaction = await world.transaction(ok("00"))
    await script(world, transaction["recipients"][0]["id"], "416")
    await world.drain()
    assert (await leg(world, transaction))["state"] == "initial"
    await world.debit(transaction)
    await world.drain()
    assert (await leg(world, transaction))["state"] == "error"


async def test_what_is_over_is_not_begun_again(world: World):
    paid, given_up = await world.funded(ok("00")), await world.funded(ok("71"))
    for transaction, state in [(paid, "success"), (given_up, "error")]:
        await script(world, transaction["recipients"][0]["id"], "0")
        await world.drain()
        assert (await leg(world, transaction))["state"] == state
        assert len(await world.orders(transaction["recipients"][0]["id"])) == 1


# -- a fresh start


async def test_an_app_is_begun_anew_with_its_keys_and_settings(world: World):
    await world.change_settings(negative_balance=True)
    transaction = await world.funded(ok("00"))
    begun = await world.client.post("/sandbox/reset", {"reset": {"balances": {"USD": "250.50", "NGN": 1000}}})
    assert begun.status == 200
    assert begun.object == {"balances": [{"amount": 250.5, "currency": "USD"}, {"amount": 1000, "currency": "NGN"}]}

    for path in ("/senders", "/transactions", "/recipients", "/webhooks", "/accounts/debits", "/logs/webhooks"):
        assert (await world.client.get(path)).object == [], path
    assert (await world.client.get(f"/transactions/{transaction['id']}")).status == 404
    balances = await world.client.get("/accounts")
    assert {each["currency"]: each["amount"] for each in balances.object} == {"NGN": 1000, "USD": 250.5}
    assert balances.body["meta"] == {"negative_balance": True}

    assert (await world.client.post("/senders", {"sender": PERSON})).status == 201
    created = await world.post_transaction(ok("00"))
    assert created.status == 201
    assert (await world.debit(created.object)).status == 201
    heard = len(world.heard())
    await world.drain()
    assert (await world.show(created.object))["state"] == "paid"
    assert len(world.heard()) == heard


async def test_without_a_word_the_balances_are_those_of_a_new_sandbox(world: World):
    begun = await world.client.post("/sandbox/reset")
    amounts = {each["currency"]: each["amount"] for each in begun.object["balances"]}
    assert amounts["USD"] == 10_000
    assert amounts["NGN"] == 4_000_000
    assert {each["currency"] for each in (await world.client.get("/accounts")).object} == set(amounts)
    empty = await world.client.post("/sandbox/reset", {"balances": {}})
    assert empty.object == {"balances": []}
    assert (await world.client.get("/accounts")).object == []


async def test_another_process_notices_that_a_key_speaks_for_a_fresh_app(world: World):
    secrets = {"Authorization-Key": world.client.key, "Authorization-Secret": world.client._secret}

    async def with_secret() -> tuple[int, int]:
        async with world.client._session.get(f"{world.base_url}/senders", headers=secrets) as answer:
            return answer.status, len(json.decode(await answer.read())["object"])

    assert await with_secret() == (200, 1)
    async with serving(world, keys=type(world.platform.keys)(world.platform.vault)) as elsewhere:
        assert (await elsewhere.post("/sandbox/reset", {"balances": {}})).status == 200
    assert await with_secret() == (200, 0)
    assert (await world.client.get("/senders")).object == []


async def test_what_was_used_once_stays_used(world: World):
    path = f"{world.base_url}/senders"
    signed = world.client.signed("GET", path, b"")
    for status in (200, 401):
        async with world.client._session.get(path, headers=signed) as answer:
            assert answer.status == status
    await world.client.post("/sandbox/reset")
    async with world.client._session.get(path, headers=signed) as answer:
        assert answer.status == 401


async def test_of_several_at_once_each_begins_anew_or_is_told_that_another_does(world: World):
    answers = await asyncio.gather(*(world.client.post("/sandbox/reset", {"balances": {}}) for _ in range(5)))
    assert {each.status for each in answers} <= {200, 409}
    assert 200 in {each.status for each in answers}
    assert (await world.client.get("/senders")).object == []


async def test_a_reset_that_is_sent_twice_is_done_once(world: World):
    async def reset() -> Any:
        return await world.client.send("POST", "/sandbox/reset", b'{"balances":{}}', {"Idempotency-Key": "k"})

    first = await reset()
    assert (await world.client.post("/senders", {"sender": PERSON})).status == 201
    again = await reset()
    assert (again.status, again.body) == (200, first.body)
    assert {name.lower(): value for name, value in again.headers.items()}["idempotency-replayed"] == "true"
    assert len((await world.client.get("/senders")).object) == 1


async def test_nobody_else_notices(world: World):
    _, other = await world.open_app()
    await other.post("/senders", {"sender": PERSON})
    await world.client.post("/sandbox/reset")
    assert len((await other.get("/senders")).object) == 1


async def test_what_happened_before_is_not_told_to_webhooks_of_after(world: World):
    await world.transaction(ok("00"))
    await world.client.post("/sandbox/reset", {"balances": {"USD": 100}})
    await world.listen_to(world.client)
    await world.send()
    heard = len(world.heard())
    await world.client.post("/senders", {"sender": PERSON})
    await world.drain()
    assert {each.event for each in world.heard()[heard:]} <= {"sender.created", "sender.approved"}


async def test_balances_that_make_no_sense_are_refused(world: World):
    for balances in ({"USD": "x"}, {"USD": -1}, {"USD": "0"}, {"USD": "0.001"}, {"XXX": 1}, {"USD": 1e30}, [], "x"):
        answer = await world.client.post("/sandbox/reset", {"balances": balances})
        assert (answer.status, answer.object["errors"]) == (422, {"balances": [{"error": "invalid"}]}), balances
    assert len((await world.client.get("/senders")).object) == 1


async def test_live_has_none_of_it(world: World):
    _, live = await world.open_app("live")
    for path in ("/sandbox/reset", "/sandbox/clock", f"/sandbox/recipients/{world.webhook['id']}/answer"):
        assert (await live.post(path, {})).status == 404


# -- the bounds of a clock


async def move(world: World, seconds: int) -> Any:
    return await world.client.post("/sandbox/clock", {"clock": {"advance_seconds": seconds}})


async def test_a_clock_stays_within_a_year_of_the_real_time(world: World):
    await world.run_clock_right()
    for seconds, problem in ((YEAR + 60, "greater_than_maximum"), (-YEAR - 60, "less_than_minimum")):
        before = await world.now()
        refused = await move(world, seconds)
        assert (refused.status, refused.object["errors"]) == (422, {"advance_seconds": [{"error": problem}]})
        assert abs((await world.now() - before).total_seconds()) < 60
        assert (await move(world, seconds // 2)).status == 200
        assert (await move(world, seconds // 2 + seconds // 10)).status == 422
        assert (await move(world, -seconds // 2)).status == 200


async def test_moves_at_the_same_time_stay_within_a_year_together(world: World):
    await world.run_clock_right()
    answers = await asyncio.gather(*(move(world, YEAR // 2) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] * 2 + [422] * 6


async def test_a_clock_that_was_moved_too_far_before_may_come_nearer(world: World):
    async with world.platform.database.reading() as conn:
        await conn.execute("delete from app_clocks where app_id = $1", world.app.id)
        await conn.execute("insert into app_clocks (app_id, moved_by) values ($1, '3000 days')", world.app.id)
    assert (await move(world, 60)).status == 422
    assert (await move(world, -60)).status == 200


async def test_no_clock_is_outside_the_calendar_whatever_its_row_says(world: World):
    async with world.platform.database.reading() as conn:
        for moment in ("200000-01-01", "infinity", "-infinity", "4000-01-01 BC"):
            await conn.execute(
                "update app_clocks set stopped_at = $1::text::timestamptz where app_id = $2", moment, world.app.id
            )
            assert (await world.client.get("/sandbox/clock")).status == 200, moment


async def test_a_nonce_is_used_once_for_a_key_whichever_app_it_speaks_for(world: World):
    """Also by a request that is let in for the old app when the reset commits already."""
    from bitpesa.tenants.organisations import operations as organisations

    async with world.platform.database.reading() as conn:
        key_id = await conn.fetchval("select id from api_keys where app_id = $1", world.app.id)
        asked = [(world.app.id, key_id, b"a nonce")]
        (first,) = await organisations.burn_nonces(conn, asked)
        assert first is not None
    before = world.app.id
    assert (await world.client.post("/sandbox/reset", {"balances": {}})).status == 200
    async with world.platform.database.reading() as conn:
        after = await conn.fetchval("select app_id from api_keys where id = $1", key_id)
        assert after != before
        assert await organisations.burn_nonces(conn, [(after, key_id, b"a nonce")]) == [None]


async def test_a_nonce_that_was_used_while_a_reset_commits_stays_used(world: World):
    from bitpesa.tenants.organisations import operations as organisations
    from bitpesa.tenants.organisations import queries

    async with world.platform.database.reading() as conn:
        key_id = await conn.fetchval("select id from api_keys where app_id = $1", world.app.id)
        app = await queries.find_app(conn, world.app.id)
    async with world.platform.database.reading() as late:
        letting_in = late.transaction()
        await letting_in.start()
        assert (await organisations.burn_nonces(late, [(world.app.id, key_id, b"late")]))[0] is not None
        fresh = await world.platform.database.run(organisations.renew_app, app)  # sees nothing of the nonce yet
        await letting_in.commit()
    async with world.platform.database.reading() as conn:
        assert await organisations.burn_nonces(conn, [(fresh.id, key_id, b"late")]) == [None]


# -- webhooks are not without number


async def test_an_app_has_so_many_webhooks_and_no_more(world: World):
    asked = {"webhook": {"url": world.receiver.url, "events": ["transaction.paid_out"]}}
    made = [await world.client.post("/webhooks", asked) for _ in range(50)]
    assert [each.status for each in made] == [201] * 49 + [422]  # the world has one already
    assert made[-1].object["errors"] == {"url": [{"error": "too_many"}]}
    await world.client.delete(f"/webhooks/{made[0].object['id']}")
    assert (await world.client.post("/webhooks", asked)).status == 201
