"""Scenario 38, the second part: every call is in the log, and no secret is."""

from typing import Any

from bitpesa.api.refused_calls import MAX_PER_KEY_AND_HOUR
from bitpesa.kernel.values import json
from tests.journeys.world import PERSON, World, ok
from tests.web.backoffice.officers import at_work
from tests.web.kit.visiting import signed_in


async def logs(world: World, query: str = "?per=100") -> list[dict[str, Any]]:
    """The calls so far, newest first."""
    await world.write_log()
    return (await world.client.get(f"/api_logs{query}")).object


async def test_every_call_is_in_the_log_with_its_answer(world: World):
    before = await logs(world)
    created = await world.post_transaction(ok("00"))
    await world.client.get("/senders?external_id=S-1&page=1")
    await world.client.get("/nowhere")
    await world.client.delete("/senders/x")
    found = (await logs(world))[: -len(before)]
    assert [(each["request_method"], each["request_url"], each["response_status"]) for each in found] == [
        ("DELETE", f"{world.base_url}/senders/x", "404"),
        ("GET", f"{world.base_url}/nowhere", "404"),
        ("GET", f"{world.base_url}/senders?external_id=S-1&page=1", "200"),
        ("POST", f"{world.base_url}/transactions", "201"),
        ("GET", f"{world.base_url}/api_logs?per=100", "200"),
    ]
    sent = json.decode(found[3]["request_body"])
    assert sent["transaction"]["sender"] == {"external_id": "S-1"}
    shown = json.decode(found[3]["response_body"])
    assert shown["object"]["recipients"][0]["payout_method"]["details"]["bank_account"] == "********900"
    shown["object"]["recipients"][0]["payout_method"]["details"]["bank_account"] = "12345678900"
    shown["object"]["sender"]["phone_number"] = created.object["sender"]["phone_number"]
    assert shown == created.body
    assert found[3]["response_headers"]["x-request-id"] == created.headers["X-Request-ID"]
    assert found[3]["response_headers"]["content-type"] == "application/json; charset=utf-8"
    assert found[3]["created_at"] == "2026-03-02T09:00:00.000Z"
    assert found[2]["request_body"] == ""
    assert set(found[0]) == {
        "id",
        "request_method",
        "request_url",
        "request_body",
        "request_headers",
        "response_status",
        "response_body",
        "response_headers",
        "created_at",
    }
    assert (await world.client.get(f"/api_logs/{found[3]['id']}")).object == found[3]


async def test_no_secret_is_in_the_log(world: World):
    secret = world.client._secret
    headers = {"Authorization-Key": world.client.key, "Authorization-Secret": secret}
    async with world.client._session.get(f"{world.base_url}/accounts", headers=headers) as answer:
        assert answer.status == 200
    await world.transaction(ok("00"))
    await world.drain()
    attempts = await world.client.get("/logs/webhooks")
    assert attempts.object
    found = await logs(world)
    whole = json.encode_text(found) + json.encode_text(attempts.object)
    assert secret not in whole
    assert world.heard()
    for received in world.heard():
        assert received.headers["Authorization-Signature"] not in whole
        assert received.headers["webhook-signature"] not in whole
    assert "12345678900" not in whole
    signed = [each["request_headers"] for each in found if "HTTP_AUTHORIZATION_SIGNATURE" in each["request_headers"]]
    assert {each["HTTP_AUTHORIZATION_SIGNATURE"] for each in signed} == {"[masked]"}
    assert {each["HTTP_AUTHORIZATION_KEY"] for each in signed} == {world.client.key}
    assert {each["CONTENT_TYPE"] for each in signed} == {"application/json"}
    assert found[2]["request_headers"]["HTTP_AUTHORIZATION_SECRET"] == "[masked]"


async def test_a_call_that_was_refused_at_the_door_is_in_the_log_of_the_key_it_named(world: World):
    count = len(await logs(world)) + 1
    path = world.base_url + "/senders"
    wrong = world.client.signed("GET", path, b"something else")
    async with world.client._session.get(path, headers=wrong) as answer:
        assert answer.status == 401
    async with world.client._session.get(path, headers={"Authorization-Key": world.client.key}) as answer:
        assert answer.status == 401
    async with world.client._session.get(path, headers={"Authorization-Key": "sandbox_nobody"}) as answer:
        assert answer.status == 401
    found = await logs(world)
    assert len(found) == count + 2
    assert [each["response_status"] for each in found[:3]] == ["401", "401", "200"]
    assert found[0]["response_body"] == '{"status":401,"error":"Unauthorized"}'
    async with world.platform.database.reading() as conn:
        assert {row["app_id"] for row in await conn.fetch("select distinct app_id from api_logs")} == {world.app.id}


async def test_uploads_are_left_out_and_long_bodies_cut(world: World):
    upload = "data:application/pdf;base64," + "QUJD" * 100_000
    sender = {**PERSON, "external_id": "S-2", "documents": [], "unknown": upload}
    assert (await world.client.post("/senders", {"sender": sender})).status == 201
    await world.client.post("/senders", {"sender": {**PERSON, "external_id": "S-3", "unknown": "x" * 1_000_000}})
    long, short = (await logs(world, "?per=2"))[:2]
    assert json.decode(short["request_body"])["sender"]["unknown"] == (
        "data:application/pdf;base64,[400000 bytes left out]"
    )
    assert len(long["request_body"]) < 70_000
    assert long["request_body"].endswith("... [cut]")


async def test_the_log_comes_in_pages_and_days(world: World):
    count = len(await logs(world)) + 1  # the call of the list itself
    await world.advance(days=1)
    for _ in range(3):
        await world.client.get("/accounts")
    await world.write_log()
    page = await world.client.get("/api_logs?page=2&per=2")
    assert page.body["meta"]["pagination"]["total_count"] == count + 3
    assert len(page.object) == 2
    assert len(await logs(world, "?created_at_from=2026-03-03")) == 4
    assert len((await world.client.get("/api_logs?created_at_to=2026-03-02&per=100")).object) == count
    assert (await world.client.get("/api_logs?created_at_from=x")).status == 400
    assert (await world.client.get("/api_logs?page=0")).status == 400


async def test_a_look_at_the_log_does_not_repeat_it(world: World):
    await logs(world)
    assert (await logs(world))[0]["response_body"] == "[the log is not repeated in the log]"


async def test_nobody_sees_the_calls_of_others(world: World):
    first = (await logs(world))[0]
    _, client = await world.open_app()
    assert (await client.get("/api_logs")).object == []
    assert (await client.get(f"/api_logs/{first['id']}")).status == 404
    assert (await client.get("/api_logs/x")).status == 404


async def test_a_call_is_forgotten_after_90_days(world: World):
    await world.client.get("/accounts")
    await world.write_log()
    await world.advance(days=90)
    await world.drain()
    assert await logs(world) != []
    await world.advance(milliseconds=1)
    await world.drain()
    async with world.platform.database.reading() as conn:
        assert await conn.fetchval("select count(*) from api_logs where created_at < '2026-03-03'") == 0


async def test_a_process_writes_what_is_left_when_it_stops(fresh_database_url: str):
    from tests.journeys.world import open_world

    async with open_world(fresh_database_url) as world:
        await world.write_log()
        await world.client.get("/info/currencies")
    import asyncpg

    conn = await asyncpg.connect(fresh_database_url)
    try:
        newest = await conn.fetchval("select request_url from api_logs order by id desc limit 1")
    finally:
        await conn.close()
    assert newest.endswith("/v1/info/currencies")


async def test_a_refused_signature_is_explained_to_its_owner_and_never_to_the_caller(world: World):
    """In the portal and in the office; the API's own log keeps the shape that clients know."""
    path = world.base_url + "/senders"
    other_host = path.replace("127.0.0.1", "localhost")
    headers = world.client.signed("GET", other_host, b"")
    async with world.client._session.get(path, headers=headers) as answer:
        refused = await answer.read()
        assert answer.status == 401
    async with world.client._session.get(path, headers={**headers, "Authorization-Key": "sandbox_nobody"}) as answer:
        assert await answer.read() == refused
    again = world.client.signed("GET", path, b"")
    for status in (200, 401):
        async with world.client._session.get(path, headers=again) as answer:
            assert answer.status == status
    found = await logs(world)
    assert "explanation" not in str(found)
    async with world.platform.database.reading() as conn:
        rows = await conn.fetch(
            "select id, explanation::text from api_logs where response_status = 401 order by created_at, id"
        )
    assert ["nonce_used" in rows[1]["explanation"], "url_origin" in rows[0]["explanation"]] == [True, True]
    assert world.client._secret not in str(rows)
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        words = (await browser.get(f"/portal/logs/{rows[0]['id']}", follow=True)).words
    assert "other environment" in words or "host that the call was sent to" in words
    assert f"{headers['Authorization-Nonce']}&GET&{path}&" in words
    async with at_work(world.platform) as browser:
        words = (await browser.get(f"/office/apps/{world.app.id}")).words
    assert "its nonce was used before" in words


async def test_what_a_stranger_sends_under_a_key_is_not_kept(world: World):
    before = len(await logs(world)) + 1
    body, url = b'{"sender":{"first_name":"MALLORY","bank_account":"98765432100"}}', world.base_url + "/senders"
    wrong = {**world.client.signed("POST", url, b"something else"), "X-Mallory": "x" * 5000, "User-Agent": "y" * 5000}
    async with world.client._session.post(url, headers=wrong, data=body) as answer:
        assert answer.status == 401
    found = await logs(world)
    assert len(found) == before + 1
    assert (found[0]["response_status"], found[0]["request_method"], found[0]["request_url"]) == ("401", "POST", url)
    assert found[0]["request_body"] == f"[{len(body)} bytes, not kept: the call proved to be nobody's]"
    assert "MALLORY" not in json.encode_text(found)
    assert found[0]["request_headers"]["HTTP_AUTHORIZATION_NONCE"] == wrong["Authorization-Nonce"]
    assert "HTTP_X_MALLORY" not in found[0]["request_headers"]
    assert len(json.encode_text(found[0])) < 2_000


async def test_strangers_fill_nobodys_log(world: World):
    before = len(await logs(world)) + 1
    url = world.base_url + "/accounts"
    for _ in range(MAX_PER_KEY_AND_HOUR + 30):
        headers = {"Authorization-Key": world.client.key, "Authorization-Nonce": "n", "Authorization-Signature": "0"}
        async with world.client._session.get(url, headers=headers) as answer:
            assert answer.status == 401
    assert (await world.client.get("/accounts")).status == 200
    await world.write_log()
    async with world.platform.database.reading() as conn:
        count = await conn.fetchval("select count(*) from api_logs where app_id = $1", world.app.id)
    assert count == before + MAX_PER_KEY_AND_HOUR + 1
