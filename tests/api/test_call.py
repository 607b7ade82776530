from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.api.call import Call, Query
from bitpesa.kernel.problems import Malformed
from bitpesa.tenants.organisations.model import App, AppSettings

APP = App(uuid4(), uuid4(), "sandbox", AppSettings())
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def call(**parts):
    return Call(app=APP, key_id=uuid4(), at=NOW, database=None, settings=None, files=None, path_params={}, **parts)


# -- the query string


@pytest.mark.parametrize(
    "raw",
    [
        b"state=initial&state=error",
        b"state[]=initial&state[]=error",
        b"state%5B%5D=initial&state%5B%5D=error",
        b"state[0]=initial&state[1]=error",
        b"state=0%3Dinitial%261%3Derror",
        b"_=17&state=initial&page=2&state=&state=error",
    ],
)
def test_every_sdk_may_write_a_list_in_its_own_way(raw):
    assert Query(raw).texts("state") == ["initial", "error"]


@pytest.mark.parametrize("raw", [b"state=error", b"state[]=error", b"state=0%3Derror"])
def test_one_value_is_a_list_of_one(raw):
    assert Query(raw).texts("state") == ["error"]


def test_the_items_of_a_packed_list_are_encoded_once_more():
    assert Query(b"type=0%3DNGN%253A%253ABank%261%3Da%252Bb%2B").texts("type") == ["NGN::Bank", "a+b "]


def test_a_value_that_only_looks_like_a_packed_list_is_one_value():
    assert Query(b"k=a%3Db").texts("k") == ["a=b"]
    assert Query(b"k=0%3Da").text("k") == "0=a"


@pytest.mark.parametrize("raw", [b"name=a+b", b"name=a%20b"])
def test_a_space_comes_in_two_spellings(raw):
    assert Query(raw).text("name") == "a b"


def test_a_plus_sign_comes_encoded():
    assert Query(b"from=10%3A00%2B03%3A00").text("from") == "10:00+03:00"


@pytest.mark.parametrize(
    "raw", [b"", b"external_id", b"external_id=", b"external_id[]=", b"external_id%5B%5D", b"&&=&"]
)
def test_an_empty_value_counts_as_absent(raw):
    assert Query(raw).text("external_id") is None
    assert Query(raw).texts("external_id") == []


def test_of_several_values_the_last_is_the_value():
    assert Query(b"page=1&page=2").text("page") == "2"


def test_text_is_unicode():
    assert Query("name=李&other=%E6%9D%8E".encode()).text("name") == "李"
    assert Query(b"other=%E6%9D%8E").text("other") == "李"


@pytest.mark.parametrize(
    "raw", [b"a=%FF", b"a=\xff", b"a=%C3", b"%FF=a", b"a=%00", b"a=x%00", b"%00=a", b"a=%ED%A0%80"]
)
def test_what_no_text_column_can_hold_is_malformed(raw):
    with pytest.raises(Malformed):
        Query(raw)


@pytest.mark.parametrize("raw", [b"k=0%3D%25FF", b"k=0%3D%2500"])
def test_nor_may_it_hide_in_a_packed_list(raw):
    with pytest.raises(Malformed):
        Query(raw).texts("k")


@given(st.binary(max_size=60) | st.text(alphabet="=&[]%0123456789ABCDEF+k", max_size=60).map(str.encode))
def test_any_bytes_are_a_query_or_malformed(raw):
    try:
        query = Query(raw)
        texts = query.texts("k")
    except Malformed:
        return
    assert all(text and "\x00" not in text for text in texts)
    assert query.text("k") is None or query.text("k").encode()


@given(st.lists(st.text(min_size=1).filter(lambda text: "\x00" not in text), max_size=4))
def test_what_an_sdk_encodes_is_read(values):
    from urllib.parse import urlencode

    assert Query(urlencode([("k[]", value) for value in values]).encode())._values.get("k", []) == values


# -- the body


def test_the_object_under_the_wrapper_key_is_taken():
    assert call(body={"sender": {"a": 1}, "other": 2}).wrapped("sender") == {"a": 1}


@pytest.mark.parametrize("body", [None, [], "x", 5, {}, {"sender": None}, {"sender": []}, {"sender": "x"}, {"a": 1}])
def test_a_body_without_its_wrapper_is_malformed(body):
    with pytest.raises(Malformed):
        call(body=body).wrapped("sender")


def test_one_or_several_objects_may_be_sent_where_several_are_meant():
    assert call(body={"debit": {"a": 1}}).wrapped_list("debit") == [{"a": 1}]
    assert call(body={"debit": [{"a": 1}, {}]}).wrapped_list("debit") == [{"a": 1}, {}]
    for body in (None, [], {}, {"debit": None}, {"debit": ["x"]}, {"debit": 5}):
        with pytest.raises(Malformed):
            call(body=body).wrapped_list("debit")


def test_some_bodies_come_bare():
    assert call(body={"payout_method": {"a": 1}}).wrapped_or_bare("payout_method") == {"a": 1}
    assert call(body={"a": 1}).wrapped_or_bare("payout_method") == {"a": 1}
    for body in (None, [], "x", {"payout_method": 5}):
        with pytest.raises(Malformed):
            call(body=body).wrapped_or_bare("payout_method")


def test_the_query_is_read_when_it_is_asked_for():
    assert call(query_string=b"page=2").query.text("page") == "2"
    with pytest.raises(Malformed):
        _ = call(query_string=b"a=%FF").query
