"""Every answer, a refusal too, can be read by the strictest official SDKs (contract of the SDKs, 3.2 and 3.3)."""

from typing import Any

import pytest

from bitpesa.kernel.values import json
from tests.api_support.sdk_compat.strict import read
from tests.journeys.collecting import collection, to_balance
from tests.journeys.world import PERSON, World, mobile, ok

METHOD = ok("00")["payout_method"]

NOBODYS = {
    "mobile_provider": "nonsense",
    "transfer_reason": "whatever",
    "country": "ZZ",
    "nature_of_business": "x",
    "sender_gender": "female",
    "identity_card_type": "X",
    "pix_key_type": "",
    "birth_date": "",
    "narration": {"deep": 1},
}
"""Details that NGN::Bank does not ask for, and that no SDK can read."""


async def stored_details(world: World, recipient_id: str) -> dict[str, Any]:
    async with world.platform.database.reading() as conn:
        found = await conn.fetchval("select details from recipients where id = $1", recipient_id)
    return json.decode(found) if isinstance(found, str) else found


async def test_a_date_with_a_time_is_kept_as_the_date(world: World):
    leg = ok("00", birth_date="1974-12-24T00:00:00.000Z")
    for path in ("/transactions/calculate", "/transactions/validate", "/transactions"):
        shown = (await world.post_transaction(leg, path=path)).object
        assert shown["recipients"][0]["payout_method"]["details"]["birth_date"] == "1974-12-24", path
    method = (await world.client.post("/payout_methods", {"payout_method": leg["payout_method"]})).object
    assert method["details"]["birth_date"] == "1974-12-24"
    listed = (await world.client.get("/recipients")).object
    assert [each["payout_method"]["details"]["birth_date"] for each in listed] == ["1974-12-24"]
    change = {"recipient": {"payout_method": {"details": {"birth_date": "1980-01-02T23:00:00Z"}}}}
    edited = (await world.client.patch(f"/recipients/{listed[0]['id']}", change)).object
    assert edited["payout_method"]["details"]["birth_date"] == "1980-01-02"
    assert (await stored_details(world, listed[0]["id"]))["birth_date"] == "1980-01-02"


async def test_details_that_nobody_can_read_are_not_shown(world: World):
    method = {**METHOD, "details": {**METHOD["details"], **NOBODYS}}
    stored = (await world.client.post("/payout_methods", {"payout_method": method})).object
    assert stored["details"] == METHOD["details"]
    transaction = await world.funded({**ok("00"), "payout_method": method})
    read("Transaction", transaction)
    assert transaction["recipients"][0]["payout_method"]["details"] == METHOD["details"]
    for path, model in (("/payout_methods", "PayoutMethod"), ("/recipients", "Recipient"), ("/transactions", None)):
        for each in (await world.client.get(path)).object:
            read(model or "Transaction", each)
    told = [each.content["object"] for each in world.heard() if each.event.startswith("recipient")]
    assert told
    for each in told:
        read("Recipient", each)
    kept = await stored_details(world, transaction["recipients"][0]["id"])
    assert kept == {**METHOD["details"], **{name: value for name, value in NOBODYS.items() if value != ""}}


async def test_a_card_that_no_sdk_has_a_name_for_pays_and_is_not_shown(world: World):
    leg = mobile("MAD::Cash", "+212537718685", 100, "MAD", identity_card_type="NI", identity_card_id="1")
    await world.client.post(
        "/senders",
        {"sender": {**PERSON, "external_id": "S-2", "identification_type": "PP", "identification_number": "12345"}},
    )
    transaction = await world.funded(leg, sender={"external_id": "S-2"})
    (recipient,) = transaction["recipients"]
    assert recipient["payout_method"]["details"].get("identity_card_type") is None
    (order,) = await world.orders(recipient["id"])
    assert order is not None
    assert (await stored_details(world, recipient["id"]))["identity_card_type"] == "NI"
    back = {"payout_method": {"details": recipient["payout_method"]["details"]}}
    await world.client.patch(f"/recipients/{recipient['id']}", {"recipient": back})
    assert (await stored_details(world, recipient["id"]))["identity_card_type"] == "NI"


SENDER_FAULTS = [
    ("birth_date", "1974-99-24", "invalid"),
    ("birth_date", "", "blank"),
    ("type", "alien", "inclusion"),
    ("gender", "X", "inclusion"),
    ("identification_type", "XX", "inclusion"),
    ("documents", "x", "invalid"),
    ("documents", ["x"], "invalid"),
    ("politically_exposed_people", "x", "invalid"),
    ("politically_exposed_people", [{"name": "x", "started_date": "2018-99-01"}], "invalid"),
    ("metadata", "x", "invalid"),
    ("first_name", ["a"], "invalid"),
    ("external_id", {"a": 1}, "invalid"),
    ("id", "not-a-uuid", None),
    ("list_of_countries_of_operation", "x", "invalid"),
]


@pytest.mark.parametrize(("name", "value", "error"), SENDER_FAULTS)
async def test_a_refused_sender_can_be_read(world: World, name: str, value: Any, error: str | None):
    sender = {**PERSON, "external_id": "S-2", name: value}
    refused = await world.client.post("/senders", {"sender": sender})
    read("Sender", refused.object)
    within = await world.post_transaction(ok("00"), sender=sender)
    read("Transaction", within.object)
    assert within.status == 422
    if error is not None:
        assert refused.status == 422
        assert {"error": error} in refused.object["errors"][name]
        assert name in within.object["sender"]["errors"]
    priced = await world.post_transaction(ok("00"), path="/transactions/calculate", sender=sender)
    read("Transaction", priced.object)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"sender": "x"}, "sender"),
        ({"recipients": {}}, "recipients"),
        ({"recipients": ["x"]}, "recipients"),
        ({"traits": {"auto_refund": "maybe"}}, "traits"),
        ({"traits": "x"}, "traits"),
        ({"metadata": "x"}, "metadata"),
        ({"external_id": ["x"]}, "external_id"),
        ({"input_currency": ["USD"]}, "input_currency"),
        ({"payin_methods": "x"}, "payin_methods"),
        ({"recipients": [{**ok("00"), "requested_amount": ""}]}, "recipients"),
        ({"recipients": [{**ok("00"), "requested_amount": "abc"}]}, "recipients"),
        ({"recipients": [{**ok("00"), "requested_amount": [1]}]}, "recipients"),
        ({"recipients": [{**ok("00"), "requested_amount": 10**400}]}, "recipients"),
        ({"recipients": [{**ok("00"), "type": "alien"}]}, "recipients"),
        ({"recipients": [{**ok("00"), "payout_method": "x"}]}, "recipients"),
        ({"recipients": [{**ok("00"), "payout_method": {**METHOD, "details": "x"}}]}, "recipients"),
        ({"recipients": [{**ok("00"), "payout_method": {"id": "not-a-uuid"}}]}, "recipients"),
        ({"recipients": [ok("00", birth_date="1974-99-24")]}, "recipients"),
        ({"recipients": [ok("00", bank_account_type="99")]}, "recipients"),
        ({"recipients": [ok("00", bank_account={"a": 1})]}, "recipients"),
        (
            {"payin_methods": [{"type": "USD::Bank", "ux_flow": "magic", "in_details": {"country": "ZZ"}}]},
            "payin_methods",
        ),
        ({"payin_methods": [{"type": "USD::Bank", "in_details": "x"}]}, "payin_methods"),
    ],
)
async def test_a_refused_transaction_can_be_read(world: World, change: dict[str, Any], place: str):
    asked = {"input_currency": "USD", "sender": {"external_id": "S-1"}, "recipients": [ok("00")], **change}
    for path in ("/transactions/validate", "/transactions", "/transactions/create_and_fund"):
        refused = await world.client.post(path, {"transaction": asked})
        assert refused.status == 422, refused.body
        assert place in refused.object["errors"], path
        read("Transaction", refused.object)


async def test_other_refusals_can_be_read(world: World):
    for path, wrapper, model, content in (
        ("/payout_methods", "payout_method", "PayoutMethod", {"type": "NGN::Bank", "details": "x", "metadata": "x"}),
        ("/payout_methods", "payout_method", "PayoutMethod", {**METHOD, "id": "not-a-uuid", "sender_id": ["x"]}),
        ("/documents", "document", "Document", {"expiry_date": "zz", "side": "top", "metadata": 5, "source": {}}),
        ("/webhooks", "webhook", "Webhook", {"url": {"a": 1}, "events": "x", "metadata": "m"}),
        ("/webhooks", "webhook", "Webhook", {"url": "x", "events": [{}]}),
    ):
        refused = await world.client.post(path, {wrapper: content})
        assert refused.status == 422, refused.body
        assert refused.object["errors"]
        read(model, refused.object)
    debit = {"to_id": "x", "to_type": "Transaction", "amount": "abc", "metadata": "x"}
    refused = await world.client.post("/accounts/debits", {"debit": debit})
    assert (refused.status, refused.object[0]["to_type"]) == (422, "Transaction")
    read("Debit", refused.object[0])


async def test_refused_changes_can_be_read(world: World):
    stored = (await world.client.post("/payout_methods", {"payout_method": METHOD})).object
    wrong = {"birth_date": "1974-99-24", "bank_account_type": "99"}
    refused = await world.client.patch(f"/payout_methods/{stored['id']}", {"details": wrong})
    assert (refused.status, refused.object["errors"].keys()) == (422, wrong.keys())
    read("PayoutMethod", refused.object)
    transaction = await world.transaction(ok("00"))
    path = f"/recipients/{transaction['recipients'][0]['id']}"
    refused = await world.client.patch(path, {"recipient": {"payout_method": {"details": wrong}}})
    assert (refused.status, refused.object["payout_method"]["errors"].keys()) == (422, wrong.keys())
    read("Recipient", refused.object)


async def test_details_of_a_payer_that_nobody_can_read_are_not_shown(world: World):
    phone = {"phone_number": "+233548689440", "mobile_provider": "mtn"}
    asked = {"type": "GHS::Mobile", **phone, "country": "ZZ", "account_name": ["x"], "refund_address": 5}
    made = await collection(world, to_balance(300, "GHS"), asked)
    read("Transaction", made)
    assert made["payin_methods"][0]["in_details"] == {**phone, "refund_address": "5"}
    await world.drain()
    payins = [each.content["object"] for each in world.heard() if each.event.startswith("payin_method")]
    assert payins
    for payin in payins:
        read("PayinMethod", payin)
        assert payin["in_details"] == {**phone, "refund_address": "5", "ux_flow": payin["ux_flow"]}


GHANA = {
    "requested_amount": 100,
    "requested_currency": "GHS",
    "payout_method": {
        "type": "GHS::Bank",
        "details": {
            "first_name": "Jane",
            "last_name": "Doe",
            "bank_code": "030100",
            "bank_account": "123456789",
            "transfer_reason": "third_party_person_account",
        },
    },
}


@pytest.mark.parametrize("type_", ["GHS::Bank", "GHS::Mobile"])
async def test_a_payout_to_ghana_passes_as_the_official_clients_send_it(world: World, type_: str):
    details = {**GHANA["payout_method"]["details"], "phone_number": "+233302123456", "mobile_provider": "mtn"}
    made = await world.post_transaction({**GHANA, "payout_method": {"type": type_, "details": details}})
    assert made.status == 201, made.body
    asked = (await world.client.get(f"/info/payment_methods/out/{type_}/requirements")).object["missing"]
    assert "gender" not in asked


async def test_what_no_sdk_can_send_is_required_only_where_the_app_is_set_so(world: World):
    path = "/info/payment_methods/out/GHS::Bank/requirements"
    await world.change_settings(details_beyond_sdks="required")
    refused = await world.post_transaction(GHANA)
    assert refused.object["recipients"][0]["payout_method"]["errors"] == {"gender": [{"error": "blank"}]}
    assert "gender" in (await world.client.get(path)).object["missing"]

    await world.change_settings(details_beyond_sdks="optional")
    assert "gender" not in (await world.client.get(path)).object["missing"]
    assert (await world.post_transaction(GHANA)).status == 201
    stored = (await world.client.post("/payout_methods", {"payout_method": GHANA["payout_method"]})).object
    assert stored["fields"]["gender"]["validations"] == {
        "inclusion": {"in": {"M": "Male", "F": "Female"}, "allow_blank": True}
    }
    listed = (await world.client.get("/info/payment_methods/out")).object
    (ghana,) = (each for each in listed if each["type"] == "GHS::Bank")
    assert "presence" not in ghana["fields"]["gender"]["validations"]
    wrong = {**GHANA["payout_method"], "details": {**GHANA["payout_method"]["details"], "gender": "X"}}
    refused = await world.client.post("/payout_methods", {"payout_method": wrong})
    assert refused.object["errors"] == {"gender": [{"error": "inclusion"}]}
    del wrong["details"]["gender"], wrong["details"]["bank_code"]
    refused = await world.client.post("/payout_methods", {"payout_method": wrong})
    assert refused.object["errors"] == {"bank_code": [{"error": "blank"}]}
