from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.outbox.events import Untold
from bitpesa.webhooks import rules
from bitpesa.webhooks.model import DeliverySettings, Room, Webhook

DELAYS = DeliverySettings().delays


def errors_of(submitted, *, live=False, allow_private=False):
    errors = {}
    rules.read_definition(submitted, errors, live=live, allow_private=allow_private)
    return {field: [entry["error"] for entry in entries] for field, entries in errors.items()}


def url_errors(url, **kwargs):
    return errors_of({"url": url, "events": ["transaction.created"]}, **kwargs).get("url", [])


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/hook?x=1&y=é",
        "HTTPS://EXAMPLE.com:8443/a%2Fb/?",
        "https://bücher.example/",
        "https://user:password@example.com/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://localhost/",  # a name: what it leads to is checked when it is called
    ],
)
def test_an_absolute_https_url_is_accepted_for_live(url):
    assert url_errors(url, live=True) == []


@pytest.mark.parametrize("url", [None, "", "  "])
def test_a_missing_url_is_blank(url):
    assert url_errors(url) == ["blank"]


@pytest.mark.parametrize(
    "url",
    [
        "example.com/hook",
        "/hook",
        "ftp://example.com/",
        "javascript:alert(1)",
        "https://",
        "https:///hook",
        "https://:443/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:port/",
        "https://exa mple.com/",
        "https://example.com/\r\nHost: other",
        "https://example.com\\@other/",
        "https://example.com/#part",
        "https://[::1/",
        5,
        ["https://example.com"],
    ],
)
def test_anything_but_an_absolute_http_url_is_invalid(url):
    assert url_errors(url, allow_private=True) == ["invalid"]


def test_plain_http_is_for_the_sandbox_only():
    assert url_errors("http://example.com/", live=False) == []
    assert url_errors("http://example.com/", live=True) == ["invalid"]


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_private_address_is_refused_unless_the_sandbox_allows_it(host):
    assert url_errors(f"https://{host}/") == ["invalid"]
    assert url_errors(f"https://{host}/", allow_private=True) == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "0x7f.1", "8.8"])
def test_an_address_in_an_odd_spelling_is_refused_always(host):
    assert url_errors(f"https://{host}/", allow_private=True) == ["invalid"]


def test_a_very_long_url_is_refused():
    assert url_errors("https://example.com/" + "a" * 2000) == ["too_long"]


@pytest.mark.parametrize("events", [None, [], ""])
def test_a_webhook_without_events_is_refused(events):
    assert errors_of({"url": "https://example.com", "events": events}) == {"events": ["blank"]}


@pytest.mark.parametrize("events", [["transaction.paid"], ["foo"], ["transaction.created", 5], "transaction.created"])
def test_events_must_be_names_from_the_list(events):
    assert errors_of({"url": "https://example.com", "events": events}) == {"events": ["inclusion"]}


def test_events_named_twice_count_once():
    definition = rules.read_definition(
        {"url": "https://example.com", "events": ["sender.created", "recipient.error", "sender.created"]},
        {},
        live=True,
        allow_private=False,
    )
    assert definition.events == ("sender.created", "recipient.error")


def test_metadata_must_be_an_object():
    assert errors_of({"url": "https://example.com", "events": ["sender.created"], "metadata": [1]}) == {
        "metadata": ["invalid"]
    }


def test_every_error_is_told_at_once():
    assert errors_of({}) == {"url": ["blank"], "events": ["blank"]}


def test_there_are_six_attempts_with_growing_gaps():
    waits = [rules.wait_after(tries, DELAYS, 0.0) for tries in range(1, 7)]
    assert waits == [
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=2),
        None,
    ]


@given(st.integers(1, 5), st.floats(-0.1, 0.1))
def test_a_wait_is_spread_by_at_most_a_tenth(tries, spread):
    wait = rules.wait_after(tries, DELAYS, spread)
    assert wait is not None
    assert 0.9 * DELAYS[tries - 1] <= wait <= 1.1 * DELAYS[tries - 1]


NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        (None, timedelta()),
        ("", timedelta()),
        ("0", timedelta()),
        (" 120 ", timedelta(minutes=2)),
        ("3600", timedelta(hours=1)),
        ("86401", DAY),
        ("9" * 5_000, DAY),
        ("Mon, 30 Nov 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Monday, 30-Nov-26 12:10:00 GMT", timedelta(minutes=10)),
        ("Mon Nov 30 12:10:00 2026", timedelta(minutes=10)),
        ("Mon, 30 Nov 2026 11:50:00 GMT", timedelta()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("-5", timedelta()),
        ("1.5", timedelta()),
        ("\u0661\u0662", timedelta()),
        ("soon", timedelta()),
    ],
)
def test_a_receiver_asks_for_a_wait_in_seconds_or_until_a_date(text, wait):
    assert rules.read_retry_after(text, NOW, DAY) == wait


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-]\d{4,8}|GMT)"))
def test_whatever_a_receiver_asks_for_the_wait_is_bounded(text):
    assert timedelta() <= rules.read_retry_after(text, NOW, DAY) <= DAY


def test_the_longer_of_plan_and_wish_is_waited_and_no_wish_adds_an_attempt():
    assert rules.wait_after(1, DELAYS, 0.0, timedelta(seconds=5)) == timedelta(seconds=30)
    assert rules.wait_after(1, DELAYS, 0.0, timedelta(hours=1)) == timedelta(hours=1)
    assert rules.wait_after(6, DELAYS, 0.0, timedelta(hours=1)) is None


@pytest.mark.parametrize(("status", "expected"), [(200, True), (204, True), (299, True), (302, False), (500, False)])
def test_any_2xx_is_success_and_nothing_else(status, expected):
    assert rules.succeeded(status) is expected


@given(st.integers(0, 9), st.lists(st.lists(st.booleans(), max_size=5), max_size=5))
def test_counting_timeouts_in_batches_is_counting_them_one_by_one(before, batches):
    in_batches, reached = before, False
    for batch in batches:
        in_batches, now = rules.count_timeouts(in_batches, batch, 10)
        reached = reached or now
    assert (in_batches, reached) == rules.count_timeouts(before, [each for batch in batches for each in batch], 10)


def test_nine_timeouts_an_answer_and_nine_timeouts_are_never_ten_in_a_row():
    assert rules.count_timeouts(0, [True] * 9 + [False] + [True] * 9, 10) == (9, False)


def test_ten_in_a_row_count_even_when_an_answer_follows():
    assert rules.count_timeouts(4, [True] * 6 + [False], 10) == (0, True)


def webhook(number: int) -> Webhook:
    return Webhook(
        app_id=UUID(int=1),
        id=UUID(int=number),
        api_key_id=UUID(int=2),
        sandbox=True,
        url="https://example.com/",
        events=("transaction.created",),
        metadata={},
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def told(*pairs: tuple[int, int]) -> list[tuple[Untold, Webhook]]:
    """Events by their stories, for webhooks by number."""
    return [
        (Untold(UUID(int=1), seq, "transaction.created", UUID(int=100 + story)), webhook(number))
        for seq, (story, number) in enumerate(pairs)
    ]


def test_of_each_story_of_a_webhook_only_the_first_goes_at_once():
    room = Room(10, 10, {})
    assert rules.may_go_at_once(told((1, 1), (1, 1), (2, 1), (1, 2)), room) == [True, False, True, True]


def test_nothing_goes_at_once_where_there_is_no_room():
    assert rules.may_go_at_once(told((1, 1), (2, 1)), Room(0, 10, {})) == [False, False]
    assert rules.may_go_at_once(told((1, 1), (2, 1), (3, 1)), Room(2, 10, {})) == [True, False, False]
    assert rules.may_go_at_once(told((1, 1), (2, 1), (3, 1)), Room(4, 10, {})) == [True, True, False]
    busy = {UUID(int=1): 2}
    assert rules.may_go_at_once(told((1, 1), (2, 1), (3, 2)), Room(10, 3, busy)) == [True, False, True]


def test_what_does_not_go_at_once_keeps_what_follows_it_from_going():
    busy = {UUID(int=1): 1}
    assert rules.may_go_at_once(told((1, 1), (1, 1)), Room(10, 1, busy)) == [False, False]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), max_size=20),
    st.integers(0, 8),
    st.integers(0, 4),
    st.dictionaries(st.integers(1, 3).map(lambda number: UUID(int=number)), st.integers(0, 4)),
)
def test_what_goes_at_once_fits_the_room_and_nothing_that_fits_is_left(pairs, in_all, per_webhook, busy):
    deliveries = told(*pairs)
    goes = rules.may_go_at_once(deliveries, Room(in_all, per_webhook, busy))
    taken = Counter(hook.id for (_, hook), each in zip(deliveries, goes, strict=True) if each)
    assert taken.total() <= in_all
    assert all(count + busy.get(each, 0) <= max(per_webhook, busy.get(each, 0)) for each, count in taken.items())
    firsts = {(hook.id, event.subject_id): at for at, (event, hook) in reversed([*enumerate(deliveries)])}
    for (hook_id, _), at in firsts.items():
        full = taken[hook_id] + busy.get(hook_id, 0) >= per_webhook or taken.total() >= in_all - taken.total()
        assert goes[at] or full
    assert not any(goes[at] for at in set(range(len(goes))) - set(firsts.values()))
