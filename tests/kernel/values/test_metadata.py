import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values import json
from bitpesa.kernel.values.metadata import LONGEST_METADATA_BYTES, read_metadata


def read(value):
    errors = {}
    return read_metadata({"metadata": value}, errors), errors


def test_an_object_is_kept_as_it_is():
    metadata = {"a": None, "b": [1, {"c": "👩🏽"}], "": ""}
    assert read(metadata) == (metadata, {})


def test_a_request_need_not_speak_of_it():
    assert read_metadata({}, {}) is None
    assert read(None) == (None, {})


@pytest.mark.parametrize("value", [[], "text", 5, True, ""])
def test_anything_but_an_object_is_invalid(value):
    assert read(value) == (None, {"metadata": [{"error": "invalid"}]})


def test_64_kib_are_enough():
    room = LONGEST_METADATA_BYTES - len('{"a":""}')
    assert read({"a": "x" * room})[1] == {}
    assert read({"a": "x" * (room + 1)})[1] == {"metadata": [{"error": "too_long"}]}
    assert read({"a": "é" * (room // 2)})[1] == {}
    assert read({"a": "é" * (room // 2 + 1)})[1] == {"metadata": [{"error": "too_long"}]}


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=5))
def test_small_metadata_comes_back_unchanged(metadata):
    assert json.decode(json.encode(read(metadata)[0])) == metadata
