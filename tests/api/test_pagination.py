from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.api.call import Query
from bitpesa.api.pagination import MOST_ROWS, Page, TimeRange, read_choices, read_page, read_range
from bitpesa.kernel.problems import Malformed


def moment(*parts):
    return datetime(*parts, tzinfo=UTC)


def range_of(raw):
    return read_range(Query(raw))


# -- pages


@pytest.mark.parametrize(
    ("raw", "page"),
    [
        (b"", Page(1, 10)),
        (b"page=&per=", Page(1, 10)),
        (b"page=3&per=25", Page(3, 25)),
        (b"page=03", Page(3, 10)),
        (b"per=100", Page(1, 100)),
        (b"per=101", Page(1, 100)),
        (b"page=999999999999999&per=999999999999999", Page(999999999999999, 100)),
    ],
)
def test_a_page_is_read(raw, page):
    assert read_page(Query(raw)) == page


@pytest.mark.parametrize(
    "value", ["0", "-1", "+1", "1.0", "1e1", "one", "1_0", "%D9%A1", "1%0A", "%201", "1" * 16, "0x1"]
)
@pytest.mark.parametrize("name", ["page", "per"])
def test_anything_but_a_number_from_1_on_is_malformed(name, value):
    with pytest.raises(Malformed):
        read_page(Query(f"{name}={value}".encode()))


def test_an_offset_counts_the_rows_before_the_page():
    assert Page(1, 10).offset == 0
    assert Page(3, 25).offset == 50


@pytest.mark.parametrize(
    ("number", "total", "neighbours"),
    [
        (1, 0, (None, None, 0)),
        (1, 10, (None, None, 1)),
        (1, 11, (None, 2, 2)),
        (2, 45, (1, 3, 5)),
        (5, 45, (4, None, 5)),
        (7, 45, (5, None, 5)),
        (7, 0, (None, None, 0)),
    ],
)
def test_pagination_tells_the_neighbours(number, total, neighbours):
    previous, following, pages = neighbours
    assert Page(number).meta(total) == {
        "pagination": {
            "current_page": number,
            "next_page": following,
            "prev_page": previous,
            "total_pages": pages,
            "total_count": total,
        }
    }


@given(number=st.integers(1, 10**6), per=st.integers(1, MOST_ROWS), total=st.integers(0, 10**9))
def test_neighbours_exist(number, per, total):
    told = Page(number, per).meta(total)["pagination"]
    assert (told["total_pages"] - 1) * per < total <= told["total_pages"] * per or total == told["total_pages"] == 0
    for neighbour in (told["prev_page"], told["next_page"]):
        assert neighbour is None or 1 <= neighbour <= told["total_pages"]


# -- ranges


@pytest.mark.parametrize("raw", [b"", b"created_at_from=&created_at_to=", b"updated_at_from=2018-06-06"])
def test_without_bounds_everything_is_in_range(raw):
    assert range_of(raw) == TimeRange()


def test_a_date_takes_in_the_whole_day():
    assert range_of(b"created_at_from=2018-06-06&created_at_to=2018-06-07") == TimeRange(
        moment(2018, 6, 6), moment(2018, 6, 8)
    )


def test_a_time_takes_in_the_whole_millisecond_it_names():
    assert range_of(
        b"created_at_from=2018-06-06T10%3A00%3A00.123Z&created_at_to=2018-06-06T10%3A00%3A00.123Z"
    ) == TimeRange(moment(2018, 6, 6, 10, 0, 0, 123000), moment(2018, 6, 6, 10, 0, 0, 124000))
    assert range_of(b"created_at_to=2018-06-06T10:00").before == moment(2018, 6, 6, 10, 0, 0, 1000)


@pytest.mark.parametrize(
    "text", [b"10:00:00%2B03:00", b"10:00:00+03:00", b"10:00:00%2B0300", b"10:00:00+0300", b"07:00:00Z"]
)
def test_an_offset_counts_even_when_its_plus_sign_was_lost(text):
    assert range_of(b"created_at_from=2018-06-06T" + text).since == moment(2018, 6, 6, 7)
    assert range_of(b"created_at_from=2018-06-06+" + text).since == moment(2018, 6, 6, 7)


@pytest.mark.parametrize("text", [b"9999-12-31", b"9999-12-31T23:59:59.999Z"])
def test_the_end_of_the_calendar_is_no_end(text):
    assert range_of(b"created_at_to=" + text) == TimeRange()


@pytest.mark.parametrize(
    "text", [b"yesterday", b"2018-13-01", b"2018-02-30", b"20180606", b"1528243200", b"0001-01-01T00:00%2B10:00"]
)
@pytest.mark.parametrize("name", [b"created_at_from=", b"created_at_to="])
def test_what_is_no_moment_is_malformed(name, text):
    with pytest.raises(Malformed):
        range_of(name + text)


def test_other_columns_have_ranges_too():
    assert read_range(Query(b"paid_at_from=2018-06-06"), "paid_at").since == moment(2018, 6, 6)


DIGITS = st.text(alphabet="0123456789-:T Z+.W/", max_size=40).map(str.encode)


@given(st.binary(max_size=40) | DIGITS, st.binary(max_size=40) | DIGITS)
def test_any_bytes_are_a_range_and_a_page_or_malformed(one, other):
    raw = b"created_at_from=" + one + b"&created_at_to=" + other + b"&page=" + one + b"&per=" + other
    for read in (read_range, read_page):
        try:
            read(Query(raw))
        except Malformed:
            continue


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - text follows
def test_a_moment_that_we_tell_is_in_the_range_that_begins_and_ends_with_it(naive):
    stored = naive.replace(tzinfo=UTC)
    told = stored.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
    found = range_of(b"created_at_from=" + told + b"&created_at_to=" + told)
    assert found.since <= stored < found.before
    assert found.before - found.since == timedelta(milliseconds=1)


def test_what_is_far_too_long_is_not_searched_for_a_lost_plus_sign():
    with pytest.raises(Malformed):
        read_range(Query(b"created_at_from=" + b"T12:34" * 500_000))


# -- words


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", None),
        (b"state=", None),
        (b"other=x", None),
        (b"state=initial", ("initial",)),
        (b"state[]=initial&state[]=error", ("initial", "error")),
        (b"state=initial,error", ("initial", "error")),
        (b"state=0%3Dinitial%261%3Derror", ("initial", "error")),
    ],
)
def test_words_are_read_as_every_client_writes_them(raw, words):
    assert read_choices(Query(raw), "state", {"initial", "error"}) == words


@pytest.mark.parametrize(
    "raw",
    [b"state=nonsense", b"state=Initial", b"state=initial&state=nonsense", b"state=initial,", b"state=initial;error"],
)
def test_a_word_that_no_row_could_have_is_refused(raw):
    with pytest.raises(Malformed):
        read_choices(Query(raw), "state", {"initial", "error"})
