"""The four SDKs as they write on the wire, byte for byte (contract of the SDKs, sections 1.3, 1.4, 2 and 7)."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import msgspec

from bitpesa.api.authentication import signed_urls
from tests.journeys.sockets import Heard, host, origin, request, say
from tests.journeys.world import PERSON, World, ok


def compact(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def gson(content: Any) -> bytes:
    """Java's JSON, safe to stand in HTML."""
    text = compact(content).decode()
    return re.sub(r"[=<>&']", lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def pretty(content: Any) -> bytes:
    """PHP's JSON: four spaces, slashes and everything beyond ASCII escaped."""
    return json.dumps(content, indent=4).replace("/", r"\/").encode()


class Sdk(msgspec.Struct, frozen=True):
    """How one SDK writes."""

    name: str
    write: Callable[[Any], bytes]
    headers: dict[str, str]
    headers_with_body: dict[str, str] = {}
    headers_without_body: dict[str, str] = {}
    bare_post: bytes = b""
    bare_delete: bytes = b""


JSON_BOTH_WAYS = {"Content-Type": "application/json", "Accept": "application/json"}

JAVASCRIPT = Sdk(
    "JavaScript",
    compact,
    {
        **JSON_BOTH_WAYS,
        "User-Agent": "TransferZero-SDK/JavaScript/1.37.10",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    },
)
RUBY = Sdk(
    "Ruby",
    compact,
    {
        **JSON_BOTH_WAYS,
        "User-Agent": "TransferZero-SDK/Ruby/1.37.9",
        "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
    },
    headers_without_body={"Content-Length": "0"},
)
PHP = Sdk("PHP", pretty, {**JSON_BOTH_WAYS, "User-Agent": "TransferZero-SDK/PHP/1.37.9"})
JAVA = Sdk(
    "Java",
    gson,
    {
        **JSON_BOTH_WAYS,
        "User-Agent": "TransferZero-SDK/Java8/1.37.9-SNAPSHOT",
        "Accept-Encoding": "gzip",
        "Connection": "Keep-Alive",
    },
    headers_with_body={"Content-Type": "application/json; charset=utf-8"},
    bare_post=b"{}",
    bare_delete=b"{}",
)
POSTMAN = Sdk("Postman", lambda content: json.dumps(content, indent=2).replace("\n", "\r\n").encode(), {})

SDKS = (JAVASCRIPT, RUBY, PHP, JAVA, POSTMAN)


def written(
    world: World, sdk: Sdk, method: str, target: str, body: bytes = b"", signed: str = "", **more: str
) -> tuple[bytes, bytes]:
    """The head and the body of a request as an SDK writes it; `signed` is the target it signs where that differs."""
    headers = {
        "Host": host(world),
        **sdk.headers,
        **world.client.signed(method, origin(world) + (signed or target), body),
        **(sdk.headers_with_body | {"Content-Length": str(len(body))} if body else sdk.headers_without_body),
        **more,
    }
    if method in ("POST", "PATCH"):
        headers.setdefault("Content-Length", "0")
    return request(method, target, headers), body


async def call(world: World, sdk: Sdk, method: str, target: str, body: bytes = b"", signed: str = "") -> Heard:
    return await say(world, b"".join(written(world, sdk, method, target, body, signed)))


def as_java(content: dict[str, Any]) -> dict[str, Any]:
    """A transaction with the empty collections that Java sends unasked."""
    sender = {
        **content["sender"],
        "errors": {},
        "documents": [],
        "politically_exposed_people": [],
        "list_of_countries_of_operation": [],
    }
    recipients = [
        {**leg, "errors": {}, "payout_method": {**leg["payout_method"], "errors": {}, "fields": {}}}
        for leg in content["recipients"]
    ]
    return {**content, "sender": sender, "recipients": recipients, "payin_methods": [], "errors": {}}


def transaction_as(sdk: Sdk) -> dict[str, Any]:
    """A transaction whose every value is written as the SDK does, with a name and a reference that need escaping."""
    sender = {**PERSON, "external_id": f"S/{sdk.name}", "first_name": "Zoë O'Brien <a&b=c>"}
    leg = ok("00", first_name="Nguyễn")
    content = {"input_currency": "USD", "sender": sender, "recipients": [leg], "metadata": {"sendRef": None}}
    match sdk.name:
        case "JavaScript":
            sender["birth_date"] = "1974-12-24T00:00:00.000Z"
        case "Ruby":
            leg["requested_amount"] = "0.1e5"
        case "Java":
            return as_java(content)
        case "Postman":
            leg["requested_amount"] = "10000"
    return content


def debit_as(sdk: Sdk, transaction: dict[str, Any]) -> dict[str, Any]:
    debit = {"to_id": transaction["id"], "to_type": "Transaction", "amount": "25.0", "currency": "USD"}
    return {"debit": [{**debit, "amount": 25.00, "errors": {}}] if sdk is JAVA else debit}


async def test_every_sdk_sends_money(world: World):
    for number, sdk in enumerate(SDKS, 1):
        asked = transaction_as(sdk)
        created = await call(world, sdk, "POST", "/v1/transactions", sdk.write({"transaction": asked}))
        assert created.status == 201, (sdk.name, created.raw)
        transaction = created.object
        assert transaction["sender"]["first_name"] == asked["sender"]["first_name"]
        assert transaction["sender"]["birth_date"] == "1974-12-24"
        assert transaction["recipients"][0]["payout_method"]["details"]["first_name"] == "Nguyễn"
        assert (transaction["input_amount"], transaction["metadata"]) == (25, {"sendRef": None})

        debited = await call(world, sdk, "POST", "/v1/accounts/debits", sdk.write(debit_as(sdk, transaction)))
        assert debited.status == 201, (sdk.name, debited.raw)
        assert [debit["running_balance"] for debit in debited.object] == [1000 - 25 * number]
        await world.drain()
        shown = await call(world, sdk, "GET", f"/v1/transactions/{transaction['id']}")
        assert (shown.status, shown.object["state"]) == (200, "paid"), sdk.name


async def test_every_sdk_calls_without_arguments(world: World):
    for sdk in SDKS:
        held = await world.funded(ok("77"))
        assert held["state"] == "received"
        paid = await call(world, sdk, "POST", f"/v1/transactions/{held['id']}/payout", sdk.bare_post)
        assert (paid.status, paid.object["state"]) == (200, "paid"), sdk.name

        (leg,) = (await world.transaction(ok("00")))["recipients"]
        ended = await call(world, sdk, "DELETE", f"/v1/recipients/{leg['id']}", sdk.bare_delete)
        assert (ended.status, ended.object["state"]) == (200, "canceled"), sdk.name
    braces = await call(world, JAVA, "GET", "/v1/accounts", b"{}")
    assert braces.status == 200
    for target in ("/v1/transactions", "/v1/senders"):
        assert (await call(world, JAVA, "POST", target, b"{}")).status == 400


async def test_every_sdk_patches_what_it_means_to(world: World):
    person = {"name": "John Doe", "position": "Minister"}
    sender = (await world.client.get("/senders?external_id=S-1")).object[0]
    await world.client.patch(f"/senders/{sender['id']}", {"sender": {"politically_exposed_people": [person]}})
    failing = await world.funded(ok("19"))
    (leg,) = failing["recipients"]
    for number, sdk in enumerate((JAVASCRIPT, RUBY, PHP, JAVA)):
        change: dict[str, Any] = {"city": f"Roma/{number}"}
        edit: dict[str, Any] = {"payout_method": {"details": {"last_name": f"O'Doe {number}"}}}
        if sdk is JAVA:
            change |= {"documents": [], "politically_exposed_people": [], "errors": {}, "state": "banned", "id": ""}
            edit["payout_method"] |= {"errors": {}, "fields": {}, "id": None}
            edit |= {"errors": {}, "state": "success", "requested_amount": 1}
        patched = await call(world, sdk, "PATCH", f"/v1/senders/{sender['id']}", sdk.write({"sender": change}))
        assert (patched.status, patched.object["city"]) == (200, f"Roma/{number}"), (sdk.name, patched.raw)
        assert [each["name"] for each in patched.object["politically_exposed_people"]] == ["John Doe"]
        assert patched.object["state"] == "approved"

        edited = await call(world, sdk, "PATCH", f"/v1/recipients/{leg['id']}", sdk.write({"recipient": edit}))
        assert edited.status == 200, (sdk.name, edited.raw)
        details = edited.object["payout_method"]["details"]
        assert (details["last_name"], details["bank_account"]) == (f"O'Doe {number}", "12345678919")
        assert (edited.object["requested_amount"], edited.object["state"]) == (10000, "initial")
        await world.drain()


async def test_every_sdk_filters_by_lists_dates_and_spaces(world: World):
    failed = (await world.funded(ok("08")))["recipients"][0]["id"]
    waiting = (await world.transaction(ok("00")))["recipients"][0]["id"]
    spaced = (await world.client.post("/senders", {"sender": {**PERSON, "external_id": "a b/c~d"}})).object["id"]
    day = quote("2026-03-02T00:00:00Z", safe="")
    for sdk, recipients, senders in (
        (
            JAVASCRIPT,
            f"page=1&created_at_from={day}&state=error&state=initial&currency=USD&_=1773991000000",
            "external_id=a%20b%2Fc~d",
        ),
        (
            RUBY,
            f"created_at_from={day}&currency%5B%5D=USD&page=1&state%5B%5D=error&state%5B%5D=initial",
            "external_id=a+b%2Fc~d",
        ),
        (
            PHP,
            f"page=1&created_at_from={day}&state=0%3Derror%261%3Dinitial&currency=0%3DUSD",
            "external_id=a%20b%2Fc~d",
        ),
        (
            JAVA,
            f"page=1&created_at_from={day}&state=error&state=initial&currency=USD",
            "external_id=a%20b%2Fc%7Ed",
        ),
    ):
        listed = await call(world, sdk, "GET", f"/v1/recipients?{recipients}")
        assert (listed.status, [each["id"] for each in listed.object]) == (200, [waiting, failed]), sdk.name
        found = await call(world, sdk, "GET", f"/v1/senders?{senders}")
        assert (found.status, [each["id"] for each in found.object]) == (200, [spaced]), sdk.name


async def test_one_state_and_none_are_filters_too(world: World):
    failed = (await world.funded(ok("08")))["recipients"][0]["id"]
    for query in ("state=error", "state%5B%5D=error", "state[]=error", "state=0%3Derror", "state=error&external_id="):
        listed = await call(world, PHP, "GET", f"/v1/recipients?{query}")
        assert (listed.status, [each["id"] for each in listed.object]) == (200, [failed]), query
    for query in ("state=", "state%5B%5D=", "state%5B%5D", "_=1", "unknown=1", "&", "="):
        listed = await call(world, RUBY, "GET", f"/v1/recipients?{query}")
        assert (listed.status, [each["id"] for each in listed.object]) == (200, [failed]), query


async def test_paths_mean_the_same_however_they_are_written(world: World):
    for sdk, target, status in (
        (JAVASCRIPT, "/v1//accounts", 200),
        (PHP, "/v1//accounts/USD", 200),
        (JAVA, "//v1/accounts", 200),
        (JAVASCRIPT, "/v1/accounts/%55%53%44", 200),
        (PHP, "/v1/accounts/USD%3A%3ABidvest", 404),
        (JAVASCRIPT, "/v1/accounts/USD%3a%3aBidvest", 404),
        (RUBY, "/v1/accounts/USD::Bidvest", 404),
        (JAVASCRIPT, "/v1/accounts/USD%2FEUR", 404),
    ):
        assert (await call(world, sdk, "GET", target)).status == status, target


async def test_what_sdks_sign_otherwise_than_they_send_is_accepted(world: World):
    odd = "it's (really) odd!*"
    created = await world.client.post("/senders", {"sender": {**PERSON, "external_id": odd}})
    signed = "/v1/senders?external_id=it's%20(really)%20odd!*"
    sent = "/v1/senders?external_id=it%27s%20%28really%29%20odd%21%2A"
    found = await call(world, JAVASCRIPT, "GET", sent, signed=signed)
    assert (found.status, [each["id"] for each in found.object]) == (200, [created.object["id"]])
    in_path = await call(world, JAVASCRIPT, "GET", "/v1/transactions/it%27s", signed="/v1/transactions/it's")
    assert in_path.status == 404
    bare = await call(world, JAVASCRIPT, "GET", "/v1/recipients", signed="/v1/recipients?")
    assert bare.status == 200
    assert (await call(world, JAVASCRIPT, "GET", "/v1/recipients", signed="/v1/recipients?x")).status == 401
    signed = "/v1/recipients?state%5B%5D=&per=5"
    assert (await call(world, RUBY, "GET", "/v1/recipients?state%5B%5D&per=5", signed=signed)).status == 200
    assert (
        await call(world, RUBY, "GET", "/v1/recipients?state&per=5", signed="/v1/recipients?state=&per=5")
    ).status == 401


def test_a_default_port_may_be_written_out():
    assert "http://h:80/v1/accounts" in signed_urls(("http://h",), b"/v1/accounts", b"")
    assert "https://h:443/v1/accounts?a=1" in signed_urls(("https://h",), b"/v1/accounts", b"a=1")


async def test_php_asks_before_it_sends_much(world: World):
    big = {**PERSON, "external_id": "S-2", "unknown": "x" * (2 * 1024 * 1024)}
    body = PHP.write({"sender": big})
    head, _ = written(world, PHP, "POST", "/v1/senders", body, Expect="100-Continue")
    heard = await say(world, head, after_continue=body)
    assert (heard.status, heard.object["external_id"]) == (201, "S-2")


async def test_a_chunked_body_is_signed_as_a_whole(world: World):
    body = compact({"sender": {**PERSON, "external_id": "S-2"}})
    headers = {
        "Host": host(world),
        **JAVA.headers,
        "Transfer-Encoding": "chunked",
        **world.client.signed("POST", world.base_url + "/senders", body),
    }
    chunks = [body[at : at + 100] for at in range(0, len(body), 100)] + [b""]
    encoded = b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in chunks)
    assert (await say(world, request("POST", "/v1/senders", headers, encoded))).status == 201


async def test_okhttp_may_repeat_a_request_only_when_it_was_not_answered(world: World):
    raw = b"".join(written(world, JAVA, "GET", "/v1/accounts"))
    assert [(await say(world, raw)).status for _ in range(2)] == [200, 401]


async def test_numbers_and_texts_are_read_as_amounts(world: World):
    for amount in ("10000", '"10000"', "10000.00", '"0.1e5"', '"0.1E5"', "1e4", '"+10000"', "10000.000000000000000001"):
        body = compact({"transaction": transaction_as(PHP)}).replace(
            b'"requested_amount":10000', f'"requested_amount":{amount}'.encode()
        )
        priced = await call(world, JAVA, "POST", "/v1/transactions/calculate", body)
        assert priced.status == 200, (amount, priced.raw)
        paid = 10001 if amount.endswith("1") else 10000
        assert priced.object["recipients"][0]["requested_amount"] == paid, amount


async def test_what_only_the_platform_may_say_is_passed_over(world: World):
    mine = {
        "id": None,
        "state": "banned",
        "created_at": "x",
        "errors": {"base": [{"error": "x"}]},
        "providers": {"x": 1},
    }
    asked = transaction_as(RUBY)
    asked |= {"id": str(uuid4()), "state": "paid", "paid_amount": 25, "payin_reference": "1", "expires_at": "x"}
    asked["sender"] |= mine
    asked["recipients"][0] |= {"id": "x", "state": "success", "input_amount": 1, "fee_fractional": 5, "editable": False}
    created = await call(world, RUBY, "POST", "/v1/transactions", compact({"transaction": asked}))
    assert created.status == 201, created.raw
    transaction = created.object
    assert (transaction["state"], transaction["paid_amount"], transaction["input_amount"]) == ("approved", 0, 25)
    assert transaction["id"] != asked["id"]
    assert (transaction["sender"]["state"], transaction["sender"]["errors"]) == ("approved", {})
    (leg,) = transaction["recipients"]
    assert (leg["state"], leg["input_amount"], leg["fee_fractional"], leg["editable"]) == ("initial", 25, 0, True)
    for moment in (transaction["created_at"], transaction["expires_at"], leg["created_at"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
