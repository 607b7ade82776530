from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bitpesa.web.kit.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Part, nice_top, stacked

DAY = date(2026, 3, 2)


@given(st.integers(0, 10**12))
def test_the_top_of_a_chart_is_round_and_holds_the_most(most: int) -> None:
    top = nice_top(most)
    assert top >= most
    assert str(top).rstrip("0") in {"1", "2", "5"}
    assert top <= max(most * 2.5, 1)


@given(st.lists(st.lists(st.integers(0, 10**9), min_size=1, max_size=3), min_size=1, max_size=31))
def test_bars_stand_on_the_ground_one_on_another_and_inside_the_chart(days: list[list[int]]) -> None:
    chart = stacked([(DAY, [Part(value, "good", str(value)) for value in values]) for values in days])
    assert len(chart.bars) == sum(1 for values in days for value in values if value)
    for bar in chart.bars:
        assert LEFT <= bar.x <= WIDTH - bar.width
        assert TOP - 0.1 <= bar.y <= HEIGHT - BOTTOM
        assert bar.height >= 1


def test_a_day_of_two_parts_is_one_pile() -> None:
    chart = stacked([(DAY, [Part(6, "good", "6 paid"), Part(4, "bad", "4 failed")])])
    lower, upper = chart.bars
    assert (lower.x, lower.width) == (upper.x, upper.width)
    assert round(upper.y + upper.height, 1) == lower.y
    assert lower.y + lower.height == HEIGHT - BOTTOM
    assert [line.label for line in chart.lines] == ["0", "5", "10"]


def test_a_chart_of_nothing_has_a_ground_and_no_bars() -> None:
    chart = stacked([(DAY, [])])
    assert chart.bars == ()
    assert [line.label for line in chart.lines] == ["0", "1"]
