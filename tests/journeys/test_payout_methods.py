"""Payout methods that are stored, changed, deleted, and named by their id in a recipient."""

from typing import Any

from tests.journeys.world import PERSON, World, ok

METHOD = ok("00")["payout_method"]
MOBILE = {
    "type": "UGX::Mobile",
    "details": {
        "first_name": "John",
        "last_name": "Doe",
        "phone_number": "+256752403639",
        "mobile_provider": "mtn",
        "transfer_reason": "third_party_person_account",
    },
}


def leg(method_id: str, **more: Any) -> dict[str, Any]:
    return {"requested_amount": 10000, "requested_currency": "NGN", "payout_method": {"id": method_id, **more}}


async def store(world: World, method: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await world.client.post("/payout_methods", {"payout_method": {**method, **more}})
    assert answer.status == 201, answer.body
    return answer.object


async def test_a_payout_method_is_stored_shown_changed_and_deleted(world: World):
    stored = await store(world, METHOD, metadata={"a": 1})
    assert (stored["type"], stored["details"], stored["metadata"]) == ("NGN::Bank", METHOD["details"], {"a": 1})
    assert (stored["state"], stored["sender_id"], stored["errors"]) == ("enabled", None, {})
    assert "bank_code" in stored["fields"]
    path = f"/payout_methods/{stored['id']}"
    assert (await world.client.get(path)).object == stored

    bare = await world.client.patch(path, {"details": {"bank_account": "1234567899"}})
    assert (bare.status, bare.object["details"]) == (200, {**METHOD["details"], "bank_account": "1234567899"})
    wrapped = await world.client.patch(path, {"payout_method": {"metadata": {"b": 2}, "type": "NGN::Bank"}})
    assert (wrapped.object["details"], wrapped.object["metadata"]) == (bare.object["details"], {"b": 2})
    refused = await world.client.patch(path, {"details": {"bank_code": "999999"}})
    assert (refused.status, list(refused.object["errors"])) == (422, ["bank_code"])
    assert (await world.client.patch(path, {"type": "UGX::Mobile"})).object["errors"] == {
        "type": [{"error": "invalid"}]
    }
    assert (await world.client.get(path)).object == wrapped.object

    for _ in range(2):
        gone = await world.client.delete(path)
        assert (gone.status, gone.object["state"]) == (200, "disabled")
    late = await world.client.patch(path, {"metadata": {}})
    assert (late.status, late.object["errors"]) == (422, {"base": [{"error": "Payout method is disabled"}]})
    assert "fields" not in (await world.client.get("/payout_methods")).object[0]
    await world.drain()
    assert world.events(stored["id"]) == ["payout_method.created", "payout_method.disabled"]


async def test_what_cannot_be_paid_to_is_not_stored(world: World):
    _, stranger = await world.open_app()
    foreign = (await stranger.post("/senders", {"sender": PERSON})).object["id"]
    wrong = [
        ({}, {"type": [{"error": "blank"}]}),
        ({"type": "XXX::Bank"}, {"type": [{"error": "inclusion"}]}),
        ({**METHOD, "details": 5}, {"details": [{"error": "invalid"}]}),
        ({**METHOD, "sender_id": foreign}, {"sender_id": [{"error": "not_found"}]}),
        ({**METHOD, "id": foreign}, {"id": [{"error": "invalid"}]}),
        ({**METHOD, "metadata": []}, {"metadata": [{"error": "invalid"}]}),
    ]
    for method, errors in wrong:
        refused = await world.client.post("/payout_methods", {"payout_method": method})
        assert (refused.status, refused.object["errors"]) == (422, errors)
    incomplete = {"type": "NGN::Bank", "details": {"first_name": "John"}}
    refused = await world.client.post("/payout_methods", {"payout_method": incomplete})
    assert refused.object["errors"]["bank_account"] == [{"error": "blank"}]
    await world.change_settings(closed_corridors=["NGN::Bank"])
    closed = await world.client.post("/payout_methods", {"payout_method": METHOD})
    assert closed.object["errors"] == {"type": [{"error": "not_active"}]}
    assert (await world.client.get("/payout_methods")).object == []


async def test_the_list_is_filtered(world: World):
    sender = (await world.client.get("/senders")).object[0]["id"]
    first = await store(world, METHOD)
    await world.advance(days=1)
    second = await store(world, MOBILE, sender_id=sender)
    await world.client.delete(f"/payout_methods/{first['id']}")
    expected = {
        "": [second, first],
        "?state[]=enabled": [second],
        "?state=enabled&state=disabled": [second, first],
        "?type[]=NGN::Bank": [first],
        f"?sender_id={sender}": [second],
        "?sender_id=x": [],
        "?created_at_to=2026-03-02": [first],
        "?created_at_from=2026-03-03": [second],
        "?per=1&page=2": [first],
    }
    for query, methods in expected.items():
        listed = await world.client.get(f"/payout_methods{query}")
        assert [each["id"] for each in listed.object] == [each["id"] for each in methods], query
    _, stranger = await world.open_app()
    assert (await stranger.get("/payout_methods")).object == []
    assert (await stranger.get(f"/payout_methods/{first['id']}")).status == 404
    assert (await stranger.delete(f"/payout_methods/{first['id']}")).status == 404


async def test_a_recipient_is_paid_by_a_stored_payout_method(world: World):
    stored = await store(world, METHOD)
    checked = await world.post_transaction(leg(stored["id"]), path="/transactions/validate")
    assert checked.status == 200
    assert checked.object["recipients"][0]["payout_method"]["type"] == "NGN::Bank"
    paid = await world.funded(leg(stored["id"]))
    assert paid["state"] == "paid"
    shown = paid["recipients"][0]["payout_method"]
    assert (shown["id"], shown["type"], shown["details"]) == (stored["id"], "NGN::Bank", METHOD["details"])

    await world.client.patch(f"/payout_methods/{stored['id']}", {"details": {"bank_account": "1234567899"}})
    assert (await world.show(paid))["recipients"][0]["payout_method"]["details"] == METHOD["details"]
    again = await world.transaction(leg(stored["id"]))
    assert again["recipients"][0]["payout_method"]["details"]["bank_account"] == "1234567899"


async def test_an_unknown_payout_method_is_refused_unless_it_is_described(world: World):
    stored = await store(world, METHOD)
    await world.client.delete(f"/payout_methods/{stored['id']}")
    for unknown in (stored["id"], "x", "11111111-1111-7111-8111-111111111111"):
        refused = await world.post_transaction(leg(unknown))
        assert refused.status == 422
        assert refused.object["recipients"][0]["payout_method"]["errors"] == {"id": [{"error": "not_found"}]}
        described = await world.post_transaction(leg(unknown, **METHOD))
        assert described.status == 201
        assert described.object["recipients"][0]["payout_method"]["id"] != unknown
