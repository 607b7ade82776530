from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.api_support.soft_limits import rules

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ID = UUID(int=7)


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("GET", "/transactions/{id}", rules.TRANSACTION),
        ("GET", "/transactions", None),
        ("GET", "/accounts", rules.ACCOUNTS),
        ("GET", "/accounts/{currency}", rules.ACCOUNTS),
        ("GET", "/accounts/debits", rules.ACCOUNTS),
        ("POST", "/accounts/debits", None),
        ("GET", "/info/currencies", rules.CURRENCIES),
        ("GET", "/info/currencies/in", rules.CURRENCIES),
        ("GET", "/info/payment_methods/out", None),
        ("GET", "/accountsx", None),
    ],
)
def test_some_operations_have_limits(method, path, limit):
    assert rules.limit_of(method, path) == limit


def test_a_day_is_a_day_in_utc():
    window = rules.day_of(rules.ACCOUNTS, datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC))
    assert (window.since, window.until) == (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    assert window.most == 300
    assert rules.day_of(rules.ACCOUNTS, datetime(2026, 3, 3, tzinfo=UTC)).since == window.until


@pytest.mark.parametrize(
    ("after", "hour", "most"),
    [
        (timedelta(0), 0, 6),
        (timedelta(minutes=59, seconds=59), 0, 6),
        (timedelta(hours=1), 1, 1),
        (timedelta(hours=30, minutes=5), 30, 1),
        (timedelta(hours=-5), 0, 6),
    ],
)
def test_a_transaction_is_looked_at_several_times_in_its_first_hour_and_then_once(after, hour, most):
    window = rules.hour_of_transaction(ID, CREATED, CREATED + after)
    assert (window.since, window.most) == (CREATED + timedelta(hours=hour), most)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_every_moment_is_in_its_window(after):
    at = CREATED + after
    for window in (rules.day_of(rules.ACCOUNTS, at), rules.hour_of_transaction(ID, CREATED, at)):
        assert window.since <= at < window.until
        left = rules.seconds_left(window, at)
        assert at + timedelta(seconds=left) >= window.until > at + timedelta(seconds=left - 1)
