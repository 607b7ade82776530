"""Scenario 15: people may have any name, and requests any size that is reasonable."""

import asyncio
from typing import Any

from bitpesa.kernel.values import json
from tests.journeys.sockets import hear, host, request, say
from tests.journeys.world import PERSON, World, ok

NAMES = [
    "Nguyễn Thị 李 O'Brien 👩🏽",
    "Zoe\u0308 👨‍👩‍👧 ﷽ e\u0301",
    'Robert"); drop table "senders"; -- <b>&amp;\\n',
]

TOO_LONG = {"metadata": [{"error": "too_long"}]}


async def test_names_come_back_byte_for_byte(world: World):
    for number, name in enumerate(NAMES):
        sender = {**PERSON, "external_id": f"S-{name}-{number}", "first_name": name}
        created = await world.transaction(
            ok("00", first_name=name), sender=sender, external_id=f"T-{name}", metadata={name: name}
        )
        assert created["sender"]["first_name"] == name
        assert created["recipients"][0]["payout_method"]["details"]["first_name"] == name
        assert (created["external_id"], created["metadata"]) == (f"T-{name}", {name: name})
        assert await world.show(created) == created

    await world.drain()
    for heard in world.heard():
        assert world.client.has_signed(world.receiver.url, heard.headers, heard.body)
    said = b"".join(heard.body for heard in world.heard())
    for name in NAMES:
        assert json.encode(name) in said


async def test_unknown_fields_are_ignored_and_not_echoed(world: World):
    leg = ok("00")
    leg["payout_method"] = {**leg["payout_method"], "foo": 1}
    created = await world.client.post(
        "/transactions",
        {
            "foo": 1,
            "transaction": {
                "input_currency": "USD",
                "sender": {**PERSON, "foo": 1},
                "recipients": [{**leg, "foo": 1}],
                "traits": {"foo": True},
                "foo": {"foo": [1]},
            },
        },
    )
    assert created.status == 201
    assert b"foo" not in json.encode(created.body)
    sender = await world.client.post("/senders", {"foo": 1, "sender": {**PERSON, "external_id": "S-15", "foo": 1}})
    assert sender.status == 201
    assert b"foo" not in json.encode(sender.body)
    debit = await world.debit(created.object, foo=1)
    assert debit.status == 201
    assert b"foo" not in json.encode(debit.body)
    edited = await world.client.patch(f"/senders/{sender.object['id']}", {"sender": {"foo": 1, "city": "Rome"}})
    assert edited.object == {**sender.object, "city": "Rome"}

    refused = await world.post_transaction({**ok("00", amount=0), "foo": 1}, foo=1)
    assert refused.status == 422
    assert b"foo" not in json.encode(refused.body)


async def test_unknown_details_and_metadata_are_kept(world: World):
    """The contract of the SDKs (section 2): what partners put there, they find there."""
    metadata = {"foo": {"bar": [1, None, True, "x"]}, "sendRef": "R-1"}
    created = await world.transaction({**ok("00", foo="bar"), "metadata": metadata}, metadata=metadata)
    (leg,) = created["recipients"]
    assert leg["payout_method"]["details"]["foo"] == "bar"
    assert created["metadata"] == leg["metadata"] == metadata


async def test_metadata_is_an_object_of_a_reasonable_size(world: World):
    for metadata, error in (([], "invalid"), ("text", "invalid"), (1, "invalid"), ({"a": "x" * 65536}, "too_long")):
        refused = {"metadata": [{"error": error}]}
        of_transaction = await world.post_transaction(ok("00"), metadata=metadata)
        assert (of_transaction.status, of_transaction.object["errors"]) == (422, refused)
        of_leg = await world.post_transaction({**ok("00"), "metadata": metadata})
        assert (of_leg.status, of_leg.object["recipients"][0]["errors"]) == (422, refused)
        sender = {**PERSON, "external_id": "S-15", "metadata": metadata}
        of_sender = await world.client.post("/senders", {"sender": sender})
        assert (of_sender.status, of_sender.object["errors"]) == (422, refused)
        hook = {"url": world.receiver.url, "events": ["recipient.error"], "metadata": metadata}
        of_webhook = await world.client.post("/webhooks", {"webhook": hook})
        assert (of_webhook.status, of_webhook.object["errors"]) == (422, refused)

    created = await world.transaction(ok("00"))
    refusal = await world.debit(created, metadata=[])
    assert (refusal.status, refusal.object[0]["errors"]) == (422, {"metadata": [{"error": "invalid"}]})
    assert (await world.client.get("/transactions")).object == [created]
    assert await world.balance("USD") == 1000


async def test_others_are_answered_while_somebody_sends_ten_megabytes(world: World):
    asked: dict[str, Any] = {"input_currency": "USD", "sender": {"external_id": "S-1"}, "recipients": [ok("00")]}
    body = json.encode({"transaction": {**asked, "metadata": {"x": "x" * 10_000_000}}})
    target = "/v1/transactions"
    headers = {
        "Host": host(world),
        "Content-Length": str(len(body)),
        **world.client.signed("POST", world.base_url + "/transactions", body),
    }
    reader, writer = await asyncio.open_connection(*host(world).split(":"), limit=2**25)
    try:
        writer.write(request("POST", target, headers, body[:5_000_000]))
        await writer.drain()
        assert (await world.client.get("/accounts")).status == 200
        writer.write(body[5_000_000:])
        heard, others = await asyncio.gather(
            hear(reader), asyncio.gather(*(world.client.get("/accounts") for _ in range(5)))
        )
    finally:
        writer.close()
    assert heard.status == 422
    assert heard.object["errors"] == TOO_LONG
    assert [answer.status for answer in others] == [200] * 5
    assert (await world.client.get("/transactions")).object == []


async def test_a_body_of_seventeen_mebibytes_is_too_large(world: World):
    body = json.encode({"sender": {"first_name": "x" * (17 * 1024 * 1024)}})
    signed = world.client.signed("POST", world.base_url + "/senders", body)
    headers = {"Host": host(world), "Content-Length": str(len(body)), **signed}
    answer = await say(world, request("POST", "/v1/senders", headers, body))
    assert (answer.status, answer.body) == (413, {"status": 413, "error": "Content Too Large"})
    assert (await world.client.get("/senders")).body["meta"]["pagination"]["total_count"] == 1
