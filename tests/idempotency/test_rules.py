from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.idempotency.rules import lock_number, read_request
from bitpesa.kernel.problems import Malformed

APP = UUID(int=7)


def read(key=b"k", method="POST", path=b"/v1/senders", query=b"", body=b"{}"):
    return read_request(key, method, path, query, body)


def test_the_same_bytes_at_the_same_place_are_the_same_request():
    assert read() == read()
    assert read(b" k ") == read()


@pytest.mark.parametrize(
    "other",
    [{"method": "PUT"}, {"path": b"/v1/sender"}, {"query": b"a=1"}, {"body": b"{ }"}, {"path": b"/v1/senders?"}],
)
def test_other_bytes_are_another_request(other):
    assert read(**other).fingerprint != read().fingerprint


def test_what_moves_from_one_part_to_the_next_is_seen():
    assert read(path=b"/v1/a", query=b"b").fingerprint != read(path=b"/v1/ab", query=b"").fingerprint
    assert read(query=b"a", body=b"b").fingerprint != read(query=b"ab", body=b"").fingerprint


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
