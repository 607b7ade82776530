"""Scenario 02: a nonce is good for one signed request, and no clock is compared."""

from uuid import uuid4

from bitpesa.kernel.values import json
from tests.journeys.world import PERSON, World

UNAUTHORIZED = {"status": 401, "error": "Unauthorized"}


async def test_a_repeated_request_is_refused_and_stores_nothing(world: World):
    body = json.encode({"sender": {**PERSON, "external_id": "S-2"}})
    headers = world.client.signed("POST", world.base_url + "/senders", body)

    first = await world.client.send("POST", "/senders", body, headers)
    assert first.status == 201
    await world.drain()
    known = world.events()

    again = await world.client.send("POST", "/senders", body, headers)
    assert (again.status, again.body) == (401, UNAUTHORIZED)
    assert (await world.client.get("/senders")).body["meta"]["pagination"]["total_count"] == 2

    renewed = await world.client.send("POST", "/senders", body)
    assert renewed.status == 422
    assert renewed.object["errors"] == {"external_id": [{"error": "taken"}]}
    await world.drain()
    assert world.events() == known


async def test_a_bad_signature_does_not_burn_its_nonce(world: World):
    nonce, url = str(uuid4()), world.base_url + "/accounts"
    right = world.client.signed("GET", url, b"", nonce)
    wrong = {**right, "Authorization-Signature": "0" * 128}
    answers = [await world.client.send("GET", "/accounts", headers=headers) for headers in (wrong, right, right)]
    assert [answer.status for answer in answers] == [401, 200, 401]


async def test_a_refused_request_has_used_its_nonce(world: World):
    headers = world.client.signed("GET", world.base_url + "/nowhere", b"")
    answers = [await world.client.send("GET", "/nowhere", headers=headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [404, 401]


async def test_a_nonce_belongs_to_its_key(world: World):
    _, other = await world.open_app()
    nonce, url = str(uuid4()), world.base_url + "/accounts"
    for client in (world.client, other):
        answer = await client.send("GET", "/accounts", headers=client.signed("GET", url, b"", nonce))
        assert answer.status == 200


async def test_a_clock_that_is_three_days_off_does_not_matter(world: World):
    for days in (3, -6):
        await world.advance(days=days)
        answer = await world.client.send("GET", "/accounts", headers={"Date": "Thu, 26 Feb 2026 09:00:00 GMT"})
        assert answer.status == 200
