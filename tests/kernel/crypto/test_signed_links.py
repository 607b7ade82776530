from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.crypto.encryption import Vault, new_master_key
from bitpesa.kernel.crypto.signed_links import SignedLinks

OLD, NEW = new_master_key(), new_master_key()
LINKS = SignedLinks([NEW], "letters")
END = datetime(2026, 3, 2, 9, 10, 0, 123_000, tzinfo=UTC)

moments = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - zoned by the strategy
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


@given(st.text(), moments)
def test_a_link_tells_to_the_millisecond_when_it_ends(path, end):
    assert LINKS.end_of(path, LINKS.query(path, end).encode()) == end


@given(st.text(), st.text())
def test_a_signature_is_good_for_one_path(path, other):
    query = LINKS.query(path, END).encode()
    assert (LINKS.end_of(other, query) is not None) == (path == other)


@given(st.binary(max_size=200))
def test_any_query_is_ours_or_not(query):
    assert LINKS.end_of("/a", query) is None


def test_one_purpose_opens_nothing_of_another():
    query = LINKS.query("/a", END).encode()
    assert SignedLinks([NEW], "bills").end_of("/a", query) is None


def test_an_end_cannot_be_put_off():
    later = LINKS.query("/a", END + timedelta(milliseconds=1))
    ends, _, _ = later.partition("&")
    _, _, signature = LINKS.query("/a", END).partition("&")
    assert LINKS.end_of("/a", f"{ends}&{signature}".encode()) is None


def test_links_outlive_the_rotation_of_a_master_key():
    query = SignedLinks([OLD], "letters").query("/a", END).encode()
    assert SignedLinks([NEW, OLD], "letters").end_of("/a", query) == END
    assert SignedLinks([NEW], "letters").end_of("/a", query) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query.upper(),
        lambda query: query + "&",
        lambda query: "&" + query,
        lambda query: query + "\n",
        lambda query: query.replace("expires=", "expires=0"),
        lambda query: "&".join(reversed(query.split("&"))),
        lambda query: query.replace("expires=1", "expires=%31"),
    ],
)
def test_a_query_is_taken_as_it_was_written_or_not_at_all(change):
    changed = change(LINKS.query("/a", END))
    assert changed != LINKS.query("/a", END)
    end = LINKS.end_of("/a", changed.encode())
    assert end in (None, END)


def test_every_form_of_a_master_key_that_encrypts_also_signs():
    for key in (new_master_key() for _ in range(20)):
        Vault([key])
        assert SignedLinks([key], "letters").query("/a", END)
