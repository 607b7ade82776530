from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.timestamps import read_moment, to_wire, to_wire_or_none


def test_a_moment_is_written_in_utc_with_milliseconds():
    east = timezone(timedelta(hours=3))
    assert to_wire(datetime(2019, 1, 11, 3, 0, 0, 1999, tzinfo=east)) == "2019-01-11T00:00:00.001Z"
    assert to_wire(datetime(2019, 1, 11, tzinfo=UTC)) == "2019-01-11T00:00:00.000Z"


def test_no_moment_is_written_as_none():
    assert to_wire_or_none(None) is None
    assert to_wire_or_none(datetime(2019, 1, 11, tzinfo=UTC)) == "2019-01-11T00:00:00.000Z"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-06-06", datetime(2018, 6, 6, tzinfo=UTC)),
        ("2018-06-06T10:30", datetime(2018, 6, 6, 10, 30, tzinfo=UTC)),
        ("2018-06-06 10:30:15", datetime(2018, 6, 6, 10, 30, 15, tzinfo=UTC)),
        ("2018-06-06T10:30:15.123Z", datetime(2018, 6, 6, 10, 30, 15, 123000, tzinfo=UTC)),
        ("2018-06-06T10:30:15+03:00", datetime(2018, 6, 6, 7, 30, 15, tzinfo=UTC)),
        ("2018-06-06T10:30:15+0300", datetime(2018, 6, 6, 7, 30, 15, tzinfo=UTC)),
    ],
)
def test_a_date_or_an_iso_time_is_read(text, moment):
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2018-13-01",
        "2018-02-30",
        "20180606",
        "2018-W23-3",
        "2018-06-06T",
        "2018-06-06Tfoo",
        "2018-06-06\n",
        "٢٠١٨-٠٦-٠٦",
        "0001-01-01T00:00+10:00",
        "9999-12-31T23:59-10:00",
        "1528243200",
        "2018-06-06 10:30:15 UTC",
    ],
)
def test_anything_else_is_no_moment(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the message quotes the text or is Python's own
        read_moment(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_can_be_read(moment):
    assert read_moment(to_wire(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
