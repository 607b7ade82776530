from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.ops.reports.period import Cadence, Period, oldest_to_make, period_at, period_of, read_period

MONTHLY, DAILY = Cadence.MONTHLY, Cadence.DAILY

days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
periods = st.builds(period_of, st.sampled_from(Cadence), days)


def month(name):
    return read_period(MONTHLY, name)


@given(periods)
def test_periods_follow_each_other_without_gap_or_overlap(period):
    assert period.following.begins_at == period.ends_at > period.begins_at
    assert period.following.previous == period
    last = period.ends_at - timedelta(milliseconds=1)
    assert period_at(period.cadence, period.begins_at) == period_at(period.cadence, last) == period
    assert period_at(period.cadence, period.ends_at) == period.following


@given(periods)
def test_a_period_is_read_back_from_its_name(period):
    assert read_period(period.cadence, period.name) == period


@pytest.mark.parametrize(
    ("cadence", "name"),
    [
        *((MONTHLY, name) for name in ("2026-13", "2026-3", "202603", "2026-03-02", "", "2026", "2026-W1", "0000-01")),
        *((DAILY, name) for name in ("2026-02-29", "2026-03", "20260302", "2026-W10-1", "", "2026-3-2")),
    ],
)
def test_what_names_no_period_is_refused(cadence, name):
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is Python's or ours
        read_period(cadence, name)


def test_a_month_is_due_at_two_on_the_first_of_the_next():
    assert month("2026-12").due_at == datetime(2027, 1, 1, 2, tzinfo=UTC)
    assert month("2028-02").due_at == datetime(2028, 3, 1, 2, tzinfo=UTC)
    assert read_period(DAILY, "2028-02-28").due_at == datetime(2028, 2, 29, 2, tzinfo=UTC)


def test_missed_periods_are_made_up_for_as_far_back_as_a_year_or_a_month():
    now = datetime(2026, 6, 15, tzinfo=UTC)
    assert oldest_to_make(month("2026-01"), now) == month("2026-01")
    assert oldest_to_make(month("2016-01"), now) == month("2025-06")
    assert oldest_to_make(Period(DAILY, date(2026, 6, 1)), now) == Period(DAILY, date(2026, 6, 1))
    assert oldest_to_make(Period(DAILY, date(2016, 6, 1)), now) == Period(DAILY, date(2026, 5, 15))
