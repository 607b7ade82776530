"""A write under an Idempotency-Key is done once, however often it is sent (ours, in the same API)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bitpesa.api.call import Answer, Route
from bitpesa.cli.client import Answered, Client
from bitpesa.kernel.values import json
from tests.journeys.serving import serving
from tests.journeys.world import PERSON, World, ok

REPLAYED = "idempotency-replayed"


def headers_of(answer: Answered) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


def is_replayed(answer: Answered) -> bool:
    return headers_of(answer).get(REPLAYED) == "true"


async def send(client: Client, key: str, path: str = "/senders", content: Any = None, method: str = "POST") -> Answered:
    body = b"" if content is None else json.encode(content)
    return await client.send(method, path, body, {"Idempotency-Key": key})


def person(external_id: str) -> dict[str, Any]:
    return {"sender": {**PERSON, "external_id": external_id}}


async def test_what_is_sent_twice_is_done_once_and_answered_twice(world: World):
    first = await send(world.client, "k-1", content=person("S-2"))
    again = await send(world.client, "k-1", content=person("S-2"))
    assert (first.status, is_replayed(first)) == (201, False)
    assert (again.status, again.body, is_replayed(again)) == (201, first.body, True)
    without = await world.client.post("/senders", person("S-2"))
    assert (without.status, REPLAYED in headers_of(without)) == (422, False)


async def test_every_kind_of_write_can_be_repeated(world: World):
    created = await world.transaction(ok("00"))
    other = await world.funded(ok("08"))
    leg = other["recipients"][0]["id"]
    sender = (await world.client.get("/senders?external_id=S-1")).object[0]["id"]
    debit = {"debit": {"to_id": created["id"], "to_type": "Transaction"}}
    transaction = {
        "transaction": {
            "input_currency": "USD",
            "sender": {"external_id": "S-1"},
            "recipients": [ok("00")],
            "external_id": "T-1",
        }
    }
    writes = [
        ("POST", "/accounts/debits", debit),
        ("POST", "/transactions/create_and_fund", transaction),
        ("PATCH", f"/senders/{sender}", {"sender": {"city": "Boston"}}),
        ("PATCH", f"/recipients/{leg}", {"recipient": {"metadata": {"a": 1}}}),
        ("DELETE", f"/recipients/{leg}", None),
        ("POST", "/webhooks", {"webhook": {"url": world.receiver.url, "events": ["transaction.created"]}}),
        ("POST", f"/transactions/{created['id']}/payout", None),
        ("POST", "/sandbox/clock", {"clock": {"advance_seconds": 60}}),
    ]
    before = await world.now()
    for number, (method, path, content) in enumerate(writes):
        first = await send(world.client, f"k-{number}", path, content, method)
        again = await send(world.client, f"k-{number}", path, content, method)
        assert first.status in (200, 201), (path, first.body)
        assert (again.status, again.body, is_replayed(again)) == (first.status, first.body, True), path
    assert await world.balance("USD") == 950 - 25 + 25  # two debits of 25 besides the one that was cancelled
    assert await world.now() == before + timedelta(seconds=60)
    assert len((await world.client.get("/webhooks")).object) == 2


async def test_a_key_stands_for_one_request(world: World):
    await send(world.client, "k", content=person("S-2"))
    transaction = {"transaction": {"recipients": [ok("00")]}}
    for path, content in [
        ("/senders", person("S-3")),
        ("/senders?a=1", person("S-2")),
        ("//senders", person("S-2")),
        ("/transactions", transaction),
    ]:
        other = await send(world.client, "k", path, content)
        assert other.status == 422
        assert other.object == {"errors": {"base": [{"error": "Idempotency-Key was used for another request"}]}}
    assert len((await world.client.get("/senders")).object) == 2


async def test_the_same_written_differently_is_the_same_request(world: World):
    first = await send(world.client, "k", content=person("S-2"))
    fields = person("S-2")["sender"]
    anew = " ,\n".join(f"{json.encode_text(key)} : {json.encode_text(fields[key])}" for key in reversed(fields))
    again = await world.client.send(
        "POST", "/senders", f'{{"sender": {{{anew}}}}}'.encode(), {"Idempotency-Key": "k, k"}
    )
    assert (again.status, again.body, is_replayed(again)) == (201, first.body, True)


async def test_what_was_refused_is_not_kept(world: World):
    refused = await send(world.client, "k", content={"sender": {}})
    assert refused.status == 422
    again = await send(world.client, "k", content={"sender": {}})
    assert (again.status, again.body, is_replayed(again)) == (422, refused.body, False)
    corrected = await send(world.client, "k", content=person("S-2"))
    assert (corrected.status, is_replayed(corrected)) == (201, False)
    assert (await send(world.client, "k", content={"sender": {}})).status == 422


async def test_of_20_at_once_one_is_done_and_the_others_wait_or_get_its_answer(world: World):
    answers = await asyncio.gather(*(send(world.client, "k", content=person("S-2")) for _ in range(20)))
    first = [each for each in answers if each.status == 201 and not is_replayed(each)]
    assert len(first) == 1
    for each in answers:
        if each.status == 409:
            assert each.body == {"status": 409, "error": "Conflict"}
        else:
            assert (each.status, each.body) == (201, first[0].body)
    assert is_replayed(await send(world.client, "k", content=person("S-2")))
    assert len((await world.client.get("/senders")).object) == 2


async def test_while_the_first_is_running_the_next_is_told_to_wait(world: World):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def effect(_work: Any) -> dict[str, Any]:
        begun.set()
        await go_on.wait()
        return {"n": 1}

    async def handler(call: Any) -> Answer:
        return await call.write(lambda made: Answer(201, {"object": made}), effect)

    async with serving(world, table=[Route("POST", "/slow", handler)]) as client:
        running = asyncio.create_task(send(client, "k", "/slow"))
        await begun.wait()
        assert (await send(client, "k", "/slow")).status == 409
        go_on.set()
        assert (await running).status == 201
        again = await send(client, "k", "/slow")
        assert (again.status, again.object, is_replayed(again)) == (201, {"n": 1}, True)


async def test_what_breaks_in_between_leaves_neither_effect_nor_answer(world: World):
    """The effect is written and the process dies before the commit; then the same is sent again."""
    tries = []

    async def effect(work: Any) -> dict[str, Any]:
        tries.append(len(tries))
        await work.conn.execute("insert into organisations (id, name) values (gen_random_uuid(), 'Ours')")
        return {"n": len(tries)}

    def render(made: dict[str, Any]) -> Answer:
        if made["n"] == 1:
            raise RuntimeError("the process dies")
        return Answer(201, {"object": made})

    async def handler(call: Any) -> Answer:
        return await call.write(render, effect)

    async with serving(world, table=[Route("POST", "/slow", handler)]) as client:
        statuses = [(await send(client, "k", "/slow")).status for _ in range(3)]
    assert statuses == [500, 201, 201]
    assert len(tries) == 2
    async with world.platform.database.reading() as conn:
        assert await conn.fetchval("select count(*) from organisations where name = 'Ours'") == 1


async def test_the_same_key_of_another_app_is_another_key(world: World):
    _, client = await world.open_app()
    ours = await send(world.client, "k", content=person("S-2"))
    theirs = await send(client, "k", content=person("S-2"))
    assert (theirs.status, is_replayed(theirs)) == (201, False)
    assert ours.object["id"] != theirs.object["id"]


async def test_an_answer_is_kept_for_24_hours(world: World):
    await send(world.client, "k", content=person("S-2"))
    await world.advance(hours=24)
    await world.drain()
    assert is_replayed(await send(world.client, "k", content=person("S-2")))
    await world.advance(milliseconds=1)
    await world.drain()
    later = await send(world.client, "k", content=person("S-2"))
    assert (later.status, is_replayed(later)) == (422, False)  # judged anew: the id is taken


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\tb", "é"])
async def test_a_key_that_cannot_be_kept_is_refused(world: World, key: str):
    assert (await send(world.client, key, content=person("S-2"))).status == 400


async def test_reading_has_no_need_of_a_key(world: World):
    answer = await send(world.client, "k", method="GET")
    assert (answer.status, is_replayed(answer)) == (200, False)
    assert not is_replayed(await send(world.client, "k", method="GET"))
