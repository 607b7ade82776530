"""One name for a request: in its answer, in the events that it made, in the worker's log when they cannot be told."""

from uuid import UUID, uuid4

import pytest
import structlog

from bitpesa.kernel.values.ids import read_id
from tests.journeys.world import World, ok


async def answered_id(world: World, given: str | None) -> str:
    headers = {} if given is None else {"X-Request-Id": given}
    answer = await world.client.send("GET", "/accounts", headers=headers)
    assert answer.status == 200
    return answer.headers["X-Request-ID"]


async def test_a_request_keeps_the_id_that_a_proxy_gave_it(world: World):
    given = str(uuid4())
    assert await answered_id(world, given) == given
    assert await answered_id(world, given.upper()) == given


@pytest.mark.parametrize("given", [None, "", "7", "x" * 36, "0" * 32, "{00000000-0000-4000-8000-000000000000}"])
async def test_anything_else_is_no_id(world: World, given: str | None):
    answered = await answered_id(world, given)
    assert read_id(answered) is not None
    assert answered != given


async def test_what_a_request_brings_about_leads_back_to_it(world: World):
    payer = {"external_id": "S-1"}
    asked = {"input_currency": "USD", "sender": payer, "recipients": [ok("00")], "external_id": "caused"}
    created = await world.client.post("/transactions/create_and_fund", {"transaction": asked})
    assert created.status == 201, created.body
    request_id = UUID(created.headers["X-Request-ID"])
    await world.drain()
    async with world.platform.database.reading() as conn:
        named = await conn.fetch(
            "select name, request_id from events where subject_id = $1", UUID(created.object["id"])
        )
    by_name = {row["name"]: row["request_id"] for row in named}
    assert by_name["transaction.created"] == by_name["transaction.paid_in"] == request_id
    assert by_name["transaction.paid_out"] is None  # due work: nobody's request


async def test_a_delivery_that_fails_names_the_request_it_goes_back_to(world: World, monkeypatch):
    created = await world.post_transaction(ok("00"))

    async def fail(*_args, **_more):
        raise RuntimeError("not an outcome")

    monkeypatch.setattr(world.platform.http, "post", fail)
    with structlog.testing.capture_logs() as lines:
        await world.drain()
    failed = [line for line in lines if line["event"] == "webhooks.attempt_failed"]
    assert failed
    assert {line["request_id"] for line in failed} == {created.headers["X-Request-ID"]}
    assert {line["webhook_id"] for line in failed} == {world.webhook["id"]}
