"""Where the points of a chart of rates stand."""

from datetime import UTC, datetime, timedelta

import pytest

from bitpesa.web.kit.line_chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, line_chart

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("values", [[], [(NOON, 400.0)]])
def test_without_two_values_there_is_no_line(values: list[tuple[datetime, float]]) -> None:
    assert line_chart(values) is None


def test_time_goes_to_the_right_and_more_is_higher_in_steps() -> None:
    chart = line_chart([(NOON, 400.0), (NOON + timedelta(days=1), 410.0), (NOON + timedelta(days=2), 405.0)])
    assert chart is not None
    middle = (LEFT + WIDTH - RIGHT) / 2
    bottom = HEIGHT - BOTTOM
    assert chart.dots == ((LEFT, bottom), (middle, TOP), (WIDTH - RIGHT, (TOP + bottom) / 2))
    assert chart.points.split()[:3] == [f"{LEFT}.0,{bottom}.0", f"{middle},{bottom}.0", f"{middle},{TOP}.0"]
    assert chart.marks == ((bottom, "400"), (TOP, "410"))


def test_a_rate_that_stayed_is_a_flat_line() -> None:
    chart = line_chart([(NOON, 400.0), (NOON, 400.0)])
    assert chart is not None
    assert {y for _, y in chart.dots} == {TOP}
