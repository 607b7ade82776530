import asyncio
from typing import Any

import pytest

from bitpesa.api.authentication import Authenticator, Request, Signed, WithSecret, read_claim, signed_urls
from bitpesa.api.errors import Unauthenticated
from bitpesa.kernel.crypto import signing
from bitpesa.kernel.crypto.encryption import Vault, new_master_key
from bitpesa.kernel.database.pool import Database
from bitpesa.settings import Settings
from bitpesa.tenants.organisations import operations
from bitpesa.tenants.organisations.key_cache import KeyRing

SANDBOX, LIVE = "https://sandbox.test", "https://live.test"
MASTER_KEY = new_master_key()


def settings(**changes: Any) -> Settings:
    return Settings(
        database_url="postgresql://",
        master_keys=(MASTER_KEY,),
        **{"sandbox_origins": (SANDBOX,), "live_origins": (LIVE,), **changes},
    )


class Client:
    """A client of one app with one key, and the server that checks it."""

    def __init__(self, database: Database, app: Any, key: Any, secret: str) -> None:
        self.database, self.app, self.key, self.secret = database, app, key, secret
        self.settings = settings()
        self.keys = KeyRing(Vault([MASTER_KEY]))

    async def call(
        self,
        *,
        signed: str = SANDBOX + "/v1/accounts",
        path: bytes = b"/v1/accounts",
        query: bytes = b"",
        body: bytes = b"",
        signed_body: bytes | None = None,
        method: str = "GET",
        signed_method: str | None = None,
        nonce: str = "nonce",
        **changes: Any,
    ):
        """Send a request that was signed as given."""
        signature = signing.signature(
            self.secret, nonce, signed_method or method, signed, body if signed_body is None else signed_body
        )
        claim = Signed(self.key.key, nonce.encode(), changes.get("signature", signature.encode()))
        return await self.authenticate(claim, Request(method, path, query, body), changes.get("server"))

    async def call_with_secret(self, secret: bytes | None = None, host: bytes = b"sandbox.test"):
        claim = WithSecret(self.key.key, self.secret.encode() if secret is None else secret)
        return await self.authenticate(claim, Request("GET", b"/v1/accounts", b"", b"", host))

    async def authenticate(self, claim, request, server=None):
        server = server or Authenticator(self.database, self.keys, self.settings)
        return await server.authenticate(claim, request)


async def make_client(database, organisation, environment):
    app = await database.run(operations.create_app, organisation.id, environment)
    key, secret = await database.run(operations.create_key, Vault([MASTER_KEY]), app.id)
    return Client(database, app, key, secret)


@pytest.fixture
async def organisation(database):
    return await database.run(operations.create_organisation, "Nairobi Exports")


@pytest.fixture
async def client(database, organisation):
    return await make_client(database, organisation, "sandbox")


@pytest.fixture
async def live_client(database, organisation):
    return await make_client(database, organisation, "live")


# -- what the headers say

HEADERS = {b"authorization-key": b"k", b"authorization-nonce": b"n", b"authorization-signature": b"s"}


def test_a_signed_request_is_read():
    assert read_claim(HEADERS, secret_allowed=False) == Signed("k", b"n", b"s")


def test_a_nonce_may_be_any_bytes_up_to_255():
    for nonce in (b"x", b"x" * 255, b"\xff\x00\xc3"):
        assert read_claim({**HEADERS, b"authorization-nonce": nonce}, secret_allowed=False).nonce == nonce


@pytest.mark.parametrize(
    "changes",
    [
        {b"authorization-key": None},
        {b"authorization-key": b""},
        {b"authorization-key": b"k" * 256},
        {b"authorization-key": b"\xff"},
        {b"authorization-key": "é".encode()},
        {b"authorization-nonce": None},
        {b"authorization-nonce": b""},
        {b"authorization-nonce": b"n" * 256},
        {b"authorization-signature": None},
    ],
)
def test_a_header_that_is_missing_or_out_of_bounds_is_refused(changes):
    headers = {name: value for name, value in {**HEADERS, **changes}.items() if value is not None}
    with pytest.raises(Unauthenticated):
        read_claim(headers, secret_allowed=True)


def test_a_secret_in_the_open_counts_only_where_it_is_allowed():
    headers = {b"authorization-key": b"k", b"authorization-secret": b"s"}
    assert read_claim(headers, secret_allowed=True) == WithSecret("k", b"s")
    with pytest.raises(Unauthenticated):
        read_claim(headers, secret_allowed=False)


def test_a_signature_goes_before_a_secret():
    headers = {**HEADERS, b"authorization-secret": b"s"}
    assert read_claim(headers, secret_allowed=True) == Signed("k", b"n", b"s")


# -- which URLs may have been signed


def test_path_and_query_are_taken_as_they_were_sent():
    urls = list(signed_urls([SANDBOX], b"/v1//accounts/USD%3A%3Abidvest", b"a=%2b+x&b"))
    assert urls == [
        "https://sandbox.test/v1//accounts/USD%3A%3Abidvest?a=%2b+x&b",
        "https://sandbox.test:443/v1//accounts/USD%3A%3Abidvest?a=%2b+x&b",
    ]


def test_the_port_that_goes_without_saying_may_be_said():
    assert list(signed_urls(["http://h", "http://h:8080"], b"/", b"x"))[:3] == [
        "http://h/?x",
        "http://h:8080/?x",
        "http://h:80/?x",
    ]


def test_what_the_javascript_sdk_signs_literally_may_be_sent_encoded():
    urls = list(signed_urls([SANDBOX], b"/v1/a%27b", b"q=%21%27%28%29%2A%2a%20%2521"))
    assert "https://sandbox.test/v1/a'b?q=!'()**%20%2521" in urls
    assert urls[0] == "https://sandbox.test/v1/a%27b?q=%21%27%28%29%2A%2a%20%2521"


def test_without_a_query_a_bare_question_mark_may_have_been_signed():
    assert "https://sandbox.test/v1/accounts?" in list(signed_urls([SANDBOX], b"/v1/accounts", b""))
    assert not [url for url in signed_urls([SANDBOX], b"/v1/accounts", b"a=1") if url.endswith("?")]


def test_what_the_ruby_sdk_signs_with_an_equals_sign_may_be_sent_without_one():
    urls = list(signed_urls([SANDBOX], b"/v1/recipients", b"a%5B%5D&b%5b%5d&c%5B%5D=1&d"))
    assert "https://sandbox.test/v1/recipients?a%5B%5D=&b%5b%5d=&c%5B%5D=1&d" in urls
    assert urls[0] == "https://sandbox.test/v1/recipients?a%5B%5D&b%5b%5d&c%5B%5D=1&d"
    assert len(urls) == 4
    assert len(list(signed_urls([SANDBOX], b"/v1/recipients", b"a&c%5B%5D=1"))) == 2


def test_no_origins_no_urls():
    assert list(signed_urls([], b"/v1/accounts", b"")) == []


# -- signed requests


async def test_a_signed_request_is_let_in(client):
    caller = await client.call()
    assert (caller.app, caller.key_id) == (client.app, client.key.id)


@pytest.mark.parametrize(
    ("signed", "path", "query"),
    [
        ("/v1/accounts/USD%3A%3ABidvest", b"/v1/accounts/USD%3A%3ABidvest", b""),
        ("/v1/accounts/USD::Bidvest", b"/v1/accounts/USD::Bidvest", b""),
        ("/v1//accounts", b"/v1//accounts", b""),
        (":443/v1/accounts?page=1&per=10", b"/v1/accounts", b"page=1&per=10"),
        ("/v1/senders?external_id=a'b!", b"/v1/senders", b"external_id=a%27b%21"),
        ("/v1/recipients?", b"/v1/recipients", b""),
        ("/v1/senders?external_id=a+b&_=17", b"/v1/senders", b"external_id=a+b&_=17"),
    ],
)
async def test_each_sdk_may_spell_its_url_in_its_own_way(client, signed, path, query):
    assert await client.call(signed=SANDBOX + signed, path=path, query=query)


async def test_header_bytes_that_are_no_text_are_signed_as_they_are(client):
    nonce = b"\xff\xfe".decode("utf-8", "surrogateescape")
    message = signing.string_to_sign(nonce, "GET", SANDBOX + "/v1/accounts", signing.body_digest(b""))
    claim = Signed(client.key.key, b"\xff\xfe", signing.sign(client.secret, message).encode())
    assert await client.authenticate(claim, Request("GET", b"/v1/accounts", b"", b""))


@pytest.mark.parametrize(
    "tampered",
    [
        {"body": b'{"a":2}', "signed_body": b'{"a":1}'},
        {"query": b"page=2"},
        {"query": b"b=2&a=1", "signed": SANDBOX + "/v1/accounts?a=1&b=2"},
        {"path": b"/v1/senders"},
        {"method": "PUT", "signed_method": "POST"},
        {"signed": "https://elsewhere.test/v1/accounts"},
        {"signed": "http://sandbox.test/v1/accounts"},
        {"signed": "https://sandbox.test:8443/v1/accounts"},
        {"signed": LIVE + "/v1/accounts"},
        {"signature": b""},
        {"signature": b"0" * 128},
        {"signature": b"\xff" * 128},
    ],
)
async def test_a_request_that_is_not_what_was_signed_is_refused(client, tampered):
    with pytest.raises(Unauthenticated):
        await client.call(**tampered)
    async with client.database.reading() as conn:
        assert await conn.fetchval("select count(*) from used_nonces") == 0


async def test_the_host_header_proves_nothing(client):
    signature = signing.signature(client.secret, "n", "GET", "https://elsewhere.test/v1/accounts", b"")
    claim = Signed(client.key.key, b"n", signature.encode())
    with pytest.raises(Unauthenticated):
        await client.authenticate(claim, Request("GET", b"/v1/accounts", b"", b"", b"elsewhere.test"))


async def test_a_nonce_is_used_once(client):
    await client.call()
    with pytest.raises(Unauthenticated):
        await client.call()
    assert await client.call(nonce="another")


async def test_a_wrong_signature_leaves_its_nonce_unused(client):
    with pytest.raises(Unauthenticated):
        await client.call(signature=b"0" * 128)
    assert await client.call()


@pytest.mark.parametrize("processes", [1, 20])
async def test_of_20_uses_of_one_nonce_at_once_one_is_let_in(client, processes):
    """Within a process they are judged together, between processes by the database."""
    servers = [Authenticator(client.database, client.keys, client.settings) for _ in range(processes)]
    calls = (client.call(server=servers[number % processes]) for number in range(20))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert len([answer for answer in answers if not isinstance(answer, Exception)]) == 1
    assert len([answer for answer in answers if isinstance(answer, Unauthenticated)]) == 19


async def test_keys_work_in_their_own_environment_only(client, live_client):
    with pytest.raises(Unauthenticated):
        await client.call(signed=LIVE + "/v1/accounts")
    with pytest.raises(Unauthenticated):
        await live_client.call(signed=SANDBOX + "/v1/accounts")
    assert (await live_client.call(signed=LIVE + "/v1/accounts")).app.environment == "live"


async def test_without_live_origins_no_live_key_works(live_client):
    live_client.settings = settings(live_origins=())
    with pytest.raises(Unauthenticated):
        await live_client.call(signed=LIVE + "/v1/accounts")
    for host in (b"live.test", b"elsewhere.test", b""):
        with pytest.raises(Unauthenticated):
            await live_client.call_with_secret(host=host)


async def test_a_revoked_key_is_refused_at_once(client):
    await client.call(nonce="before")
    await client.database.run(operations.revoke_key, client.app.id, client.key.id)
    with pytest.raises(Unauthenticated):
        await client.call(nonce="after")
    with pytest.raises(Unauthenticated):
        await client.call_with_secret()


async def test_a_disabled_app_is_refused_until_it_is_enabled(client):
    await client.database.run(operations.disable_app, client.app.id)
    with pytest.raises(Unauthenticated):
        await client.call()
    with pytest.raises(Unauthenticated):
        await client.call_with_secret()
    await client.database.run(operations.enable_app, client.app.id)
    assert await client.call()


async def test_an_unknown_key_is_refused(client):
    claim = Signed("sandbox_nobody", b"n", b"0" * 128)
    for each in (claim, WithSecret("sandbox_nobody", b"0" * 64), Signed("", b"n", b"")):
        with pytest.raises(Unauthenticated):
            await client.authenticate(each, Request("GET", b"/v1/accounts", b"", b"", b"sandbox.test"))


async def test_a_request_sees_the_settings_of_the_moment(client):
    assert (await client.call(nonce="1")).app.settings.wtr2 is False
    await client.database.run(operations.change_settings, client.app.id, {"wtr2": True})
    assert (await client.call(nonce="2")).app.settings.wtr2 is True


# -- secrets in the open


async def test_a_secret_lets_in_as_often_as_it_is_sent(client):
    for _ in range(2):
        assert (await client.call_with_secret()).app == client.app


@pytest.mark.parametrize("secret", [b"", b"wrong", b"\xff" * 64])
async def test_a_wrong_secret_is_refused(client, secret):
    with pytest.raises(Unauthenticated):
        await client.call_with_secret(secret)


@pytest.mark.parametrize("host", [b"live.test", b"LIVE.test", b"live.test:443"])
async def test_a_secret_is_refused_at_the_host_of_another_environment(client, live_client, host):
    with pytest.raises(Unauthenticated):
        await client.call_with_secret(host=host)
    assert await live_client.call_with_secret(host=host)


@pytest.mark.parametrize("host", [b"sandbox.test", b"sandbox.test:443", b"api.internal:8080", b"", b"\xff"])
async def test_a_secret_is_taken_at_its_own_host_and_inside_the_deployment(client, host):
    assert await client.call_with_secret(host=host)


async def test_a_host_that_serves_both_environments_serves_each(client, live_client):
    client.settings = live_client.settings = settings(
        sandbox_origins=("http://api.test",), live_origins=("https://api.test",)
    )
    assert await client.call_with_secret(host=b"api.test")
    assert await live_client.call_with_secret(host=b"api.test")


async def test_a_port_written_out_in_an_origin_is_not_needed_in_the_host(client):
    client.settings = settings(live_origins=("https://live.test:443",))
    with pytest.raises(Unauthenticated):
        await client.call_with_secret(host=b"live.test")
