"""Every refusal has one shape, on every path and method: JSON that says what, never how (flows 11.1)."""

import gzip
import zlib
from http import HTTPStatus
from uuid import uuid4

from bitpesa.kernel.values import json
from bitpesa.kernel.values.ids import read_id
from tests.journeys.sockets import Heard, host, request, say
from tests.journeys.world import PERSON, World

KNOWN = {
    "/senders": "GET, POST",
    f"/senders/{uuid4()}": "DELETE, GET, PATCH",
    "/transactions": "GET, POST",
    "/transactions/calculate": "POST",
    f"/transactions/{uuid4()}/payout": "POST",
    f"/recipients/{uuid4()}": "DELETE, PATCH",
    "/accounts": "GET",
    "/accounts/debits": "GET, POST",
    "/info/currencies/in": "GET",
    "/webhooks/events": "GET",
}

UNKNOWN = ["", "/", "/nowhere", "/senders/1/2/3", "/Senders", "/senders%2f", "/%00", "/%ff%fe", "/..%2f..%2fetc"]

WRAPPED = [
    ("POST", "/senders", "sender"),
    ("POST", "/transactions", "transaction"),
    ("POST", "/transactions/calculate", "transaction"),
    ("POST", "/transactions/validate", "transaction"),
    ("POST", "/transactions/create_and_fund", "transaction"),
    ("POST", "/accounts/debits", "debit"),
    ("POST", "/webhooks", "webhook"),
    ("PATCH", f"/senders/{uuid4()}", "sender"),
    ("PATCH", f"/recipients/{uuid4()}", "recipient"),
]

GARBAGE = ["", "garbage", "é", "x" * 5000, ";;;===,,,", "%00%ff", "-1", '"', "0", "*/*", "{}"]

HEADERS = (
    "Accept Accept-Charset Accept-Encoding Accept-Language Authorization Authorization-Secret Cache-Control Cookie "
    "Date Forwarded From If-Match If-Modified-Since If-None-Match Origin Range Referer TE User-Agent Via "
    "X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-HTTP-Method-Override X-Request-Id Content-Type "
    "Content-Language"
).split()


def assert_well_formed(heard: Heard, status: int, *, about: object = "") -> None:
    """An answer in the one shape, with the word for its status and nothing else."""
    assert heard.status == status, (about, heard)
    assert heard.headers["content-type"] == "application/json; charset=utf-8", about
    assert read_id(heard.headers["x-request-id"]) is not None, about
    assert int(heard.headers["content-length"]) == len(heard.raw), about
    if status not in (200, 201, 422):
        words = {413: "Content Too Large"}.get(status, HTTPStatus(status).phrase)
        assert heard.body == {"status": status, "error": words}, about
    assert b"Traceback" not in heard.raw


async def send(world: World, method: str, path: str, body: bytes = b"", **headers: str) -> Heard:
    """A signed request, byte for byte; headers are named with underscores."""
    sent = {
        "Host": host(world),
        "Content-Type": "application/json",
        **world.client.signed(method, world.base_url + path, body),
        **({"Content-Length": str(len(body))} if body else {}),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    raw = request(method, "/v1" + path, sent, body)
    return await say(world, raw, has_body=method != "HEAD")


async def test_a_stranger_learns_nothing(world: World):
    for path in [*KNOWN, *UNKNOWN]:
        for method in ("GET", "POST", "PUT", "OPTIONS", "TRACE"):
            raw = request(method, "/v1" + path, {"Host": host(world)})
            assert_well_formed(await say(world, raw), 401, about=(method, path))


async def test_an_unknown_path_is_not_found(world: World):
    for path in UNKNOWN:
        for method in ("GET", "POST", "DELETE"):
            assert_well_formed(await send(world, method, path), 404, about=(method, path))
    for path in ("/senders/1", f"/senders/{uuid4()}", "/transactions/%27--", "/accounts/XYZ", "/accounts/usd"):
        assert_well_formed(await send(world, "GET", path), 404, about=path)


async def test_a_method_that_is_not_there_is_told_which_are(world: World):
    for path, allowed in KNOWN.items():
        for method in ("PUT", "OPTIONS", "TRACE"):
            heard = await send(world, method, path)
            assert_well_formed(heard, 405, about=(method, path))
            assert heard.headers["allow"] == allowed
    heard = await send(world, "HEAD", "/senders")
    assert (heard.status, heard.headers["allow"], heard.raw) == (405, "GET, POST", b"")
    assert heard.headers["content-type"] == "application/json; charset=utf-8"


async def test_what_is_no_json_is_a_bad_request(world: World):
    nested = b"[" * 101 + b"]" * 101
    endless = b'{"sender":' * 100_000
    for body in (
        b"{",
        b"null garbage",
        b'{"sender":{},}',
        b"{'sender':{}}",
        b'{"sender":{"first_name":"\xff"}}',
        b'{"sender":{"first_name":"\\ud800"}}',
        b'{"sender":NaN}',
        b"\xef\xbb\xbf{}",
        b'{"sender":{"metadata":' + nested + b"}}",
        b"[" * 100_000,
        endless,
        b"\x00",
    ):
        for method, path in (("POST", "/senders"), ("PATCH", f"/senders/{uuid4()}")):
            assert_well_formed(await send(world, method, path, body), 400, about=body[:40])


async def test_a_wrong_wrapper_is_a_bad_request(world: World):
    for method, path, name in WRAPPED:
        for content in (None, {}, [], "text", 1, {"foo": {}}, {name: None}, {name: "text"}, {name: 1}, {name: [1]}):
            body = json.encode(content)
            assert_well_formed(await send(world, method, path, body), 400, about=(path, content))
        assert_well_formed(await send(world, method, path), 400, about=(path, "no body"))


async def test_only_json_is_taken(world: World):
    body = json.encode({"sender": {**PERSON, "external_id": "S-2"}})
    for type_ in (
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/xml",
        "APPLICATION/XML",
        "text/html; charset=utf-8",
    ):
        assert_well_formed(await send(world, "POST", "/senders", body, Content_Type=type_), 415, about=type_)
    for number, type_ in enumerate(("application/json; charset=utf-8", "text/plain", "application/vnd.api+json", "")):
        body = json.encode({"sender": {**PERSON, "external_id": f"S-1{number}"}})
        assert_well_formed(await send(world, "POST", "/senders", body, Content_Type=type_), 201, about=type_)


async def test_compressed_bodies_are_read_and_bombs_are_not(world: World):
    async def compressed(plain: bytes, packed: bytes, encoding: str) -> Heard:
        signed = world.client.signed("POST", world.base_url + "/senders", plain)
        headers = {"Host": host(world), "Content-Encoding": encoding, "Content-Length": str(len(packed)), **signed}
        return await say(world, request("POST", "/v1/senders", headers, packed))

    plain = json.encode({"sender": {**PERSON, "external_id": "S-2"}})
    packed = gzip.compress(plain)
    assert_well_formed(await compressed(plain, packed, "gzip"), 201)
    assert_well_formed(await compressed(packed, packed, "gzip"), 401, about="signed as sent")
    assert_well_formed(await compressed(plain, zlib.compress(plain), "deflate"), 422)
    assert_well_formed(await compressed(plain, packed[:-20], "gzip"), 400, about="cut short")
    assert_well_formed(await compressed(plain, b"no gzip", "gzip"), 400)
    assert_well_formed(await compressed(plain, plain, "br"), 415)
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 1)
    assert_well_formed(await compressed(plain, bomb, "gzip"), 413, about="64 MiB of nothing")
    assert (await world.client.get("/senders")).body["meta"]["pagination"]["total_count"] == 2


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(world: World):
    declared = await send(world, "POST", "/senders", b"{", Content_Length=str(17 * 1024 * 1024))
    assert_well_formed(declared, 413)
    heard = await send(world, "POST", "/senders", b"x" * (16 * 1024 * 1024 + 1))
    assert_well_formed(heard, 413)
    chunks = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    headers = {"Host": host(world), "Transfer-Encoding": "chunked"}
    signed = world.client.signed("POST", world.base_url + "/senders", b"")
    heard = await say(world, request("POST", "/v1/senders", {**headers, **signed}, chunks * 17 + b"0\r\n\r\n"))
    assert_well_formed(heard, 413)


async def test_garbage_in_a_header_harms_nobody(world: World):
    for name in HEADERS:
        for value in ("", "garbage é", ";;;===,,,%00%ff" + "x" * 5000):
            heard = await send(world, "GET", "/webhooks", **{name: value})
            assert_well_formed(heard, 200, about=(name, value[:20]))
    for name in ("Authorization-Key", "Authorization-Nonce", "Authorization-Signature"):
        for value in GARBAGE:
            assert_well_formed(await send(world, "GET", "/webhooks", **{name: value}), 401, about=(name, value[:9]))
    for value in GARBAGE:
        heard = await send(world, "GET", "/webhooks", Host=value)
        assert_well_formed(heard, 200, about=value[:9])
    raw = request("GET", "/v1/webhooks", {"Host": host(world), "Authorization-Key": b"\xff\xfe\x80", "X-\xff": b"\xff"})
    assert (await say(world, raw)).headers["content-type"].startswith("application/json")
    many = {f"X-{number}": "x" * 100 for number in range(500)}
    assert_well_formed(await send(world, "GET", "/webhooks", **many), 200, about="many headers")
    upgrade = await send(world, "GET", "/webhooks", Connection="Upgrade", Upgrade="websocket")
    assert_well_formed(upgrade, 200)


async def test_what_is_no_http_is_a_bad_request_in_json(world: World):
    signed = world.client.signed("GET", world.base_url + "/webhooks", b"")
    here = {"Host": host(world), **signed}
    for raw in (
        b"garbage\r\n\r\n",
        b"GET /v1/webhooks HTTP/9.9\r\n\r\n",
        request("POST", "/v1/senders", {**here, "Content-Length": "garbage"}),
        request("POST", "/v1/senders", {**here, "Content-Length": "-1"}),
        request("POST", "/v1/senders", {**here, "Content-Length": "1", "Transfer-Encoding": "chunked"}, b"0\r\n\r\n"),
        request("GET", "/v1/webhooks", {**here, "X-Zero": b"\x00"}),
        request("GET", "/v1/web hooks", here),
        request("GET", "/v1/🙂", here),
        request("GÉT", "/v1/webhooks", here),
        request("BREW", "/v1/webhooks", here),
    ):
        assert_well_formed(await say(world, raw), 400, about=raw[:60])


async def test_beside_the_api_refusals_are_json_too(world: World):
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("POST", "/", 405),
        ("GET", "/v2/senders", 404),
        ("GET", "/static/../nowhere", 404),
        ("DELETE", "/healthz", 405),
    ):
        heard = await say(world, request(method, path, {"Host": host(world)}))
        assert heard.status == status, path
        assert heard.headers["content-type"].startswith("application/json")
        assert heard.body["status"] == status
