import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values import json

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_what_is_written_reads_as_it_was(document):
    assert json.decode(json.encode(document)) == document
    assert json.decode(json.encode_text(document)) == document


@pytest.mark.parametrize("text", ["1.10", "0.1", "-0.0", "1E+400", "123456789012345678901234567890", "1E-400"])
def test_numbers_keep_every_digit(text):
    assert json.encode_text(json.decode(text)) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1,"b":2}', '{"b":2,"a":1}'),
        ("[1.0, 1e0, 10E-1, 1]", "[1,1,1,1]"),
        ("[0, -0, 0.0, 0e5, -0.0]", "[0,0,0,0,0]"),
        ("1" + "0" * 300, "1e300"),
        ("0.1000000000000000000000000000000000000000", "1e-1"),
    ],
)
def test_what_says_the_same_has_one_canonical_form(one, other):
    assert json.canonical(json.decode(one)) == json.canonical(json.decode(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("0", "false"),
        ("1", '"1"'),
        ("100", '"1E+2"'),
        ("[1,2]", "[2,1]"),
        ("null", "{}"),
        ('{"a":null}', "{}"),
        ("1.0000000000000000000000000000000000000001", "1"),
        ('"\u00e9"', '"e\u0301"'),
    ],
)
def test_what_says_something_else_has_another_canonical_form(one, other):
    assert json.canonical(json.decode(one)) != json.canonical(json.decode(other))


@given(DOCUMENTS)
def test_the_canonical_form_says_what_the_document_says(document):
    assert json.decode(json.canonical(document)) == document


def _shuffled(document, random):
    if isinstance(document, dict):
        keys = list(document)
        random.shuffle(keys)
        return {key: _shuffled(document[key], random) for key in keys}
    return [_shuffled(each, random) for each in document] if isinstance(document, list) else document


@given(DOCUMENTS, st.randoms())
def test_the_order_of_keys_says_nothing(document, random):
    assert json.canonical(_shuffled(document, random)) == json.canonical(document)


def test_a_number_with_a_point_is_never_a_float():
    assert type(json.decode("0.1")) is Decimal


def test_of_a_key_that_comes_twice_the_last_counts():
    assert json.decode('{"a":1,"a":2}') == {"a": 2}


def test_escapes_and_white_space_of_any_sdk_are_read():
    pretty = b'{\n    "url": "https:\\/\\/example.com\\/\\u00e9",\n    "html": "\\u003d\\u003c"\n}'
    assert json.decode(pretty) == {"url": "https://example.com/é", "html": "=<"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{]",
        b"nul",
        b"NaN",
        b"Infinity",
        b"'a'",
        b"\xff",
        b'"\xc3"',
        b'"\\ud800"',
        b"1 2",
        b"1e9999999999999999999",
    ],
)
def test_what_is_no_json_is_told(data):
    with pytest.raises(json.NotJson):
        json.decode(data)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_nesting_has_a_limit(opening):
    closing = "]" if opening == "[" else "}"
    nested = opening * 5 + "1" + closing * 5
    assert json.decode(nested, deepest=5)
    with pytest.raises(json.NotJson):
        json.decode(nested, deepest=4)
    with pytest.raises(json.NotJson):
        json.decode(opening * 200_000 + "1" + closing * 200_000, deepest=100)
    with pytest.raises(json.NotJson):
        json.decode(opening * 200_000 + "1" + closing * 200_000)


def test_brackets_in_text_are_no_nesting():
    assert json.decode('["[[[[[[[["]', deepest=1) == ["[[[[[[[["]


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_are_not(data):
    with contextlib.suppress(json.NotJson):
        json.encode(json.decode(data, deepest=100))


def test_changes_are_laid_over_and_null_takes_a_key_away():
    old = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}
    assert json.merged(old, {}) == old
    assert json.merged(old, {"a": None, "b": {"c": 5}, "e": {"f": 6}}) == {"b": {"c": 5, "d": 3}, "e": {"f": 6}}
    assert old == {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}
