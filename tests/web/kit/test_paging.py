from datetime import UTC, datetime

import pytest
from starlette.datastructures import QueryParams

from bitpesa.web.kit.paging import PER, Asked


def asked(query: str) -> Asked:
    return Asked("/portal", QueryParams(query))


@pytest.mark.parametrize("text", ["", "0", "-1", "x", "1e9", "٣", "9" * 30])
def test_a_page_that_makes_no_sense_is_the_first(text: str) -> None:
    assert asked(f"page={text}").page == 1


def test_pages_lead_to_their_neighbours_and_keep_what_is_looked_for() -> None:
    pages = asked("state=paid&from=&page=2").pages(PER * 3)
    assert (pages.page, pages.last, pages.before, pages.after) == (
        2,
        3,
        "/portal?state=paid&page=1",
        "/portal?state=paid&page=3",
    )


def test_beyond_the_last_page_one_finds_back() -> None:
    pages = asked("page=90").pages(PER + 1)
    assert (pages.before, pages.after) == ("/portal?page=2", None)


def test_a_day_is_looked_for_as_a_whole() -> None:
    wanted = asked("from=2026-03-02&to=2026-03-02")
    assert (wanted.since(), wanted.before()) == (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    assert asked("from=yesterday&to=02.03.2026").since() is None
    assert asked("to=soon").before() is None


def test_a_text_is_bounded_and_fit_for_a_column() -> None:
    assert asked("external_id=%00%20a%20").text("external_id") == "a"
    assert asked("external_id=" + "a" * 999).text("external_id") == "a" * 255
    assert asked("external_id=%20").text("external_id") is None
