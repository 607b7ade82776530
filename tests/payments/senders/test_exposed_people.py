from datetime import UTC, datetime

import pytest

from bitpesa.payments.senders.exposed_people import enlisted, problem_with_people, read_people

MINISTER = {"name": "Jane Doe", "position": "Minister", "started_date": "2010-01-01T00:00:00.000Z"}
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_up_to_three_can_be_declared():
    assert problem_with_people([]) is None
    assert problem_with_people([MINISTER] * 3) is None
    assert problem_with_people([MINISTER] * 4) == "too_long"


@pytest.mark.parametrize(
    "value",
    [
        {},
        "Jane Doe",
        ["Jane Doe"],
        [None],
        [{**MINISTER, "name": "a\x00b"}],
        [{**MINISTER, "name": ["Jane"]}],
        [{**MINISTER, "started_date": "last year"}],
        [{**MINISTER, "ended_date": 2019}],
    ],
)
def test_a_malformed_list_is_invalid(value):
    assert problem_with_people(value) == "invalid"


def test_a_name_has_a_limit():
    assert problem_with_people([{"name": "x" * 256}]) == "too_long"


def test_only_what_clients_may_say_is_kept():
    declared = {
        **MINISTER,
        "id": 77,
        "sender_id": "x",
        "created_at": "x",
        "foo": "x",
        "ended_date": None,
        "position": "",
    }
    assert read_people([declared]) == [{"name": "Jane Doe", "started_date": "2010-01-01T00:00:00.000Z"}]


def test_dates_become_moments_in_full():
    assert read_people([{"started_date": "2010-01-01", "ended_date": "2015-06-30T12:00:00+03:00"}]) == [
        {"started_date": "2010-01-01T00:00:00.000Z", "ended_date": "2015-06-30T09:00:00.000Z"}
    ]


def test_a_new_list_is_numbered_and_dated():
    moment = "2030-01-01T12:00:00.000Z"
    assert enlisted([{"name": "A"}, {"name": "B"}], NOW) == [
        {"id": 1, "name": "A", "created_at": moment, "updated_at": moment},
        {"id": 2, "name": "B", "created_at": moment, "updated_at": moment},
    ]
