"""Scenario 03: a request that is not the one that was signed is refused, and stores nothing."""

from urllib.parse import urlsplit

from bitpesa.kernel.values import json
from tests.journeys.world import World, ok

UNAUTHORIZED = {"status": 401, "error": "Unauthorized"}


def asked() -> bytes:
    transaction = {"input_currency": "USD", "sender": {"external_id": "S-1"}, "recipients": [ok("00")]}
    return json.encode({"transaction": transaction})


async def assert_refused(world: World, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    answer = await world.client.send(method, path, body, headers)
    assert (answer.status, answer.body) == (401, UNAUTHORIZED)


async def test_what_was_changed_after_signing_is_refused(world: World):
    body, url = asked(), world.base_url + "/transactions"

    def signed(url: str = url) -> dict[str, str]:
        return world.client.signed("POST", url, body)

    await assert_refused(world, "POST", "/transactions", body.replace(b"10000", b"10001"), signed())
    await assert_refused(world, "POST", "/transactions", body + b" ", signed())
    await assert_refused(world, "POST", "/transactions?page=1", body, signed())
    await assert_refused(world, "POST", "/transactions/", body, signed())
    await assert_refused(world, "POST", "/transactions/create_and_fund", body, signed())
    await assert_refused(world, "PUT", "/transactions", body, signed())

    elsewhere = signed("https://elsewhere.test/v1/transactions")
    await assert_refused(world, "POST", "/transactions", body, elsewhere)
    await assert_refused(world, "POST", "/transactions", body, {**elsewhere, "Host": "elsewhere.test"})
    secure = signed(url.replace("http://", "https://"))
    await assert_refused(world, "POST", "/transactions", body, {**secure, "X-Forwarded-Proto": "https"})

    port = str(urlsplit(world.base_url).port)
    await assert_refused(world, "POST", "/transactions", body, signed(url.replace(port, "1")))

    assert (await world.client.get("/transactions")).body["meta"]["pagination"]["total_count"] == 0
    await world.drain()
    assert world.events() == []


async def test_a_header_left_empty_is_refused(world: World):
    body = asked()
    for missing in ("Authorization-Key", "Authorization-Nonce", "Authorization-Signature"):
        headers = world.client.signed("POST", world.base_url + "/transactions", body)
        await assert_refused(world, "POST", "/transactions", body, {**headers, missing: ""})


async def test_a_reordered_query_is_refused(world: World):
    headers = world.client.signed("GET", world.base_url + "/transactions?page=1&per=10", b"")
    await assert_refused(world, "GET", "/transactions?per=10&page=1", b"", headers)
    assert (await world.client.send("GET", "/transactions?page=1&per=10", headers=headers)).status == 200
