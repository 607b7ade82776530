import hashlib
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.api_support.idempotency.rules import is_same, lock_number, read_request
from bitpesa.kernel.problems import Malformed
from bitpesa.kernel.values import json

APP = UUID(int=7)


def read(*keys, method="POST", path=b"/v1/senders", query=b"", body=b"{}"):
    content = json.decode(body) if body.strip() else None
    return read_request(keys or [b"k"], method, path, query, body, content)


def test_the_same_at_the_same_place_is_the_same_request():
    assert read() == read()
    assert read(b" k ") == read()


@pytest.mark.parametrize(
    "other",
    [
        {"method": "PUT"},
        {"path": b"/v1/sender"},
        {"query": b"a=1"},
        {"body": b'{"a":1}'},
        {"body": b"[]"},
        {"body": b""},
        {"path": b"/v1/senders?"},
    ],
)
def test_anything_else_is_another_request(other):
    assert read(**other).fingerprint != read().fingerprint
    assert not is_same(read(**other), read().fingerprint)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1,"b":{"c":[1,2],"d":null}}', b'{ "b" : {"d":null,\n"c":[1 ,2]}, "a":1 }'),
        (b'{"amount":100}', b'{"amount":100.00}'),
        (b'{"amount":100}', b'{"amount":1e2}'),
        (b'{"name":"\xc3\xa9"}', b'{"name":"\\u00e9"}'),
        (b'{"a":0,"a":1}', b'{"a":1}'),
        (b"", b" \n"),
    ],
)
def test_the_same_json_written_differently_is_the_same_request(one, other):
    assert read(body=one).fingerprint == read(body=other).fingerprint


def test_answers_kept_under_the_bytes_of_a_request_are_still_found():
    body = b'{"a": 1}'
    parts = (b"POST", b"/v1/senders", b"", body)
    before = hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()
    assert is_same(read(body=body), before)
    assert not is_same(read(body=b'{"a":1}'), before)  # as before


@pytest.mark.parametrize("lines", [[b"k", b"k"], [b"k, k"], [b"k,k"], [b"k", b"k, k"]])
def test_a_key_that_a_proxy_repeats_is_one_key(lines):
    assert read(*lines) == read(b"k")


def test_different_keys_are_the_list_that_http_takes_them_for():
    assert read(b"k", b"l").key == read(b"k, l").key == "k, l"


def test_what_moves_from_one_part_to_the_next_is_seen():
    assert read(path=b"/v1/a", query=b"b").fingerprint != read(path=b"/v1/ab", query=b"").fingerprint
    assert read(query=b"a", body=b"1").fingerprint != read(query=b"a1", body=b"").fingerprint


@pytest.mark.parametrize("key", [b"", b" ", b"\t", b"x" * 256, b"a\x00b", b"\xff", "é".encode(), b"a\nb"])
def test_a_key_that_cannot_be_kept_is_refused(key):
    with pytest.raises(Malformed):
        read(key)


@pytest.mark.parametrize("key", [b"x" * 255, b'"8e03978e-40d5-43dd-bc93-6894a57f9324"', b"order 17, try 1"])
def test_any_printable_text_is_a_key(key):
    assert read(key).key == key.decode()


@given(st.binary(max_size=300))
def test_any_bytes_are_a_key_or_refused(key):
    try:
        found = read(key).key
    except Malformed:
        return
    assert 0 < len(found) <= 255
    assert found.isprintable()


@given(st.text(max_size=40))
def test_a_lock_has_64_bits_and_belongs_to_one_app(key):
    assert -(2**63) <= lock_number(APP, key) < 2**63
    assert lock_number(APP, key) == lock_number(APP, key)
    assert lock_number(APP, key) != lock_number(uuid4(), key)
