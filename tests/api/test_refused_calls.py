"""How many refused calls a log keeps: by key, and by hour."""

from uuid import uuid4

from bitpesa.api import refused_calls
from bitpesa.api.refused_calls import MAX_PER_KEY_AND_HOUR, SECONDS_PER_HOUR, RefusedCalls


class Clock:
    now = 12_345.0

    def __call__(self):
        return self.now


def test_so_many_are_kept_in_an_hour_for_each_key():
    clock, one, other = Clock(), uuid4(), uuid4()
    calls = RefusedCalls(clock)
    assert [calls.may_keep(one) for _ in range(MAX_PER_KEY_AND_HOUR + 5)].count(True) == MAX_PER_KEY_AND_HOUR
    assert calls.may_keep(other)
    clock.now += SECONDS_PER_HOUR
    assert calls.may_keep(one)


def test_keys_without_end_take_no_memory_without_end(monkeypatch):
    monkeypatch.setattr(refused_calls, "MAX_KEYS", 10)
    calls = RefusedCalls(Clock())
    for _ in range(50):
        calls.may_keep(uuid4())
    assert len(calls._counts) == 10
