import json
import os
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.crypto.passkeys import (
    Credential,
    RelyingParty,
    count_of,
    new_credential,
    read_reply,
    registration_options,
    relying_party,
    request_options,
)
from tests.kernel.authenticators import (
    USER_PRESENT,
    USER_VERIFIED,
    Authenticator,
    base64url,
    part,
    with_part,
)

PARTY = RelyingParty("pay.example.com", "https://pay.example.com", "bitpesa")


def offer(party: RelyingParty = PARTY, known: tuple[Credential, ...] = ()) -> str:
    return registration_options(
        party, os.urandom(32), user_id=b"1", user_name="ada@example.com", display_name="Ada", known=known
    )


def registered(reply: str, party: RelyingParty = PARTY) -> Credential | None:
    read = read_reply(reply)
    return None if read is None else new_credential(party, read)


def counted(reply: str, public_key: bytes, party: RelyingParty = PARTY) -> int | None:
    read = read_reply(reply)
    return None if read is None else count_of(party, read, public_key)


@pytest.fixture(scope="module")
def phone() -> Authenticator:
    return Authenticator(PARTY.origin)


@pytest.fixture(scope="module")
def credential(phone: Authenticator) -> Credential:
    made = registered(phone.made(offer()))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("origin", "host", "written"),
    [
        ("https://pay.example.com", "pay.example.com", "https://pay.example.com"),
        ("https://pay.example.com:8443", "pay.example.com", "https://pay.example.com:8443"),
        ("https://Pay.Example.com:443", "pay.example.com", "https://pay.example.com"),
        ("http://pay.example.com:443", "pay.example.com", "http://pay.example.com:443"),
        ("http://localhost:80", "localhost", "http://localhost"),
        ("http://localhost:8080", "localhost", "http://localhost:8080"),
    ],
)
def test_passkeys_are_for_an_origin_as_browsers_write_it(origin: str, host: str, written: str) -> None:
    assert relying_party(origin, "bitpesa") == RelyingParty(host, written, "bitpesa")


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "",
    ],
)
def test_passkeys_are_not_for_numbers(origin: str) -> None:
    assert relying_party(origin, "bitpesa") is None


def test_a_passkey_is_made_and_signs(phone: Authenticator, credential: Credential) -> None:
    assert (credential.id, credential.transports) == (phone.credential_id, ("internal",))
    asked = request_options(PARTY, b"c" * 32, [credential])
    reply = read_reply(phone.signed(asked))
    assert reply is not None
    assert (reply.challenge, reply.credential_id) == (b"c" * 32, phone.credential_id)
    assert count_of(PARTY, reply, credential.public_key) == phone.count


def test_browsers_are_told_whom_it_is_for_and_what_is_known(credential: Credential) -> None:
    made, asked = json.loads(offer(known=(credential,))), json.loads(request_options(PARTY, b"c" * 32, [credential]))
    named = {"id": base64url(credential.id), "type": "public-key", "transports": ["internal"]}
    assert made["rp"] == {"id": "pay.example.com", "name": "bitpesa"}
    assert (made["excludeCredentials"], asked["allowCredentials"]) == ([named], [named])
    assert made["authenticatorSelection"]["userVerification"] == asked["userVerification"] == "required"
    assert (made["attestation"], asked["rpId"]) == ("none", "pay.example.com")


@pytest.mark.parametrize("origin", ["https://pay.example.org", "http://pay.example.com", "https://pay.example.com:1"])
def test_a_page_of_another_origin_brings_and_signs_nothing(origin: str) -> None:
    liar = Authenticator(origin)
    assert registered(liar.made(offer())) is None
    liar.origin = PARTY.origin
    made = registered(liar.made(offer()))
    assert made is not None
    liar.origin = origin
    assert counted(liar.signed(request_options(PARTY, b"c" * 32, [made])), made.public_key) is None


def test_an_authenticator_of_another_host_brings_and_signs_nothing() -> None:
    elsewhere = RelyingParty("example.org", PARTY.origin, "bitpesa")
    phone = Authenticator(PARTY.origin)
    assert registered(phone.made(offer(elsewhere))) is None
    made = registered(phone.made(offer()))
    assert made is not None
    assert counted(phone.signed(request_options(elsewhere, b"c" * 32, [made])), made.public_key) is None


@pytest.mark.parametrize("flags", [0, USER_PRESENT, USER_VERIFIED])
def test_whoever_is_not_verified_by_the_authenticator_is_refused(flags: int) -> None:
    phone = Authenticator(PARTY.origin)
    made = registered(phone.made(offer()))
    assert made is not None
    phone.flags = flags
    assert counted(phone.signed(request_options(PARTY, b"c" * 32, [made])), made.public_key) is None
    assert registered(phone.made(offer())) is None


def test_another_key_does_not_sign_for_it(credential: Credential) -> None:
    other = Authenticator(PARTY.origin)
    assert counted(other.signed(request_options(PARTY, b"c" * 32, [credential])), credential.public_key) is None


def test_one_ceremony_is_no_reply_in_the_other(phone: Authenticator, credential: Credential) -> None:
    made, signed = phone.made(offer()), phone.signed(request_options(PARTY, b"c" * 32, [credential]))
    assert counted(made, credential.public_key) is None
    assert registered(signed) is None
    as_if = with_part(signed, "clientDataJSON", phone.client_data("webauthn.create", base64url(b"c" * 32)))
    assert counted(as_if, credential.public_key) is None


def test_a_signed_count_is_not_looked_at_here(phone: Authenticator, credential: Credential) -> None:
    """Who calls judges it, once it is sure that the authenticator said it."""
    copy = Authenticator(PARTY.origin, step=0)
    copy.key, copy.credential_id = phone.key, phone.credential_id
    assert counted(copy.signed(request_options(PARTY, b"c" * 32, [credential])), credential.public_key) == 0


def test_a_credential_that_calls_itself_otherwise_is_refused() -> None:
    phone, other = Authenticator(PARTY.origin), Authenticator(PARTY.origin)
    said = json.loads(phone.made(offer()))
    named = base64url(other.credential_id)
    assert registered(json.dumps({**said, "id": named, "rawId": named})) is None


DEEP = "[" * 20_000

HOSTILE = ["", "null", "[]", '"x"', "{}", DEEP, '{"rawId": 1, "response": {"clientDataJSON": "e30"}}', "\ud800"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_reply_is_none(text: str) -> None:
    assert read_reply(text) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-4, 4) | st.text(max_size=6), inner),
    max_leaves=6,
)


@given(
    fmt=st.sampled_from("packed fido-u2f tpm apple android-key android-safetynet x".split()) | anything,
    statement=st.dictionaries(st.sampled_from("sig alg x5c ver response certInfo pubArea".split()), anything),
)
def test_no_attestation_makes_us_fail_and_none_but_a_right_one_is_taken(
    phone: Authenticator, fmt: Any, statement: Any
) -> None:
    reply = phone.made(offer())
    data = cbor2.loads(part(reply, "attestationObject"))["authData"]
    twisted = cbor2.dumps({"fmt": fmt, "attStmt": statement, "authData": data})
    assert registered(with_part(reply, "attestationObject", twisted)) is None


@given(key=anything | st.dictionaries(st.sampled_from([1, 3, -1, -2, -3]), anything))
def test_no_public_key_makes_us_fail(phone: Authenticator, key: Any) -> None:
    reply = phone.made(offer())
    data = phone.data(PARTY.id, phone.public_key())
    at = data.index(phone.credential_id) + len(phone.credential_id)
    twisted = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data[:at] + cbor2.dumps(key)})
    made = registered(with_part(reply, "attestationObject", twisted))
    if made is not None:
        assert counted(phone.signed(request_options(PARTY, b"c" * 32, [made])), made.public_key) is None


@given(
    name=st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]),
    at=st.integers(0, 400),
    bits=st.integers(1, 255),
)
def test_whatever_is_changed_on_the_way_is_seen(
    phone: Authenticator, credential: Credential, name: str, at: int, bits: int
) -> None:
    reply = phone.signed(request_options(PARTY, b"c" * 32, [credential]))
    whole = bytearray(part(reply, name))
    whole[at % len(whole)] ^= bits
    assert counted(with_part(reply, name, bytes(whole)), credential.public_key) is None


@given(said=anything, inner=anything)
def test_no_json_makes_us_fail(phone: Authenticator, credential: Credential, said: Any, inner: Any) -> None:
    def plain(value: Any) -> Any:
        return json.loads(json.dumps(value, default=lambda each: each.hex()))

    reply = json.loads(phone.signed(request_options(PARTY, b"c" * 32, [credential])))
    for name in (*reply, *reply["response"]):
        twisted = {**reply, name: plain(said)}
        twisted["response"] = (
            {**reply["response"], name: plain(inner)} if name in reply["response"] else reply["response"]
        )
        for text in (json.dumps(twisted), json.dumps(plain(said))):
            registered(text)
            counted(text, credential.public_key)
