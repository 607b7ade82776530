"""A line chart as SVG: where its points stand. Amounts here are only drawn, so that floats will do."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

WIDTH, HEIGHT = 640, 170
LEFT, TOP, BOTTOM, RIGHT = 84, 12, 24, 12


class LineChart(msgspec.Struct, frozen=True, kw_only=True):
    """A stepped line: a value holds until the next one. `marks` are (y, label), `days` are (x, label)."""

    points: str
    dots: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, str], ...]
    days: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def line_chart(values: Sequence[tuple[datetime, float]]) -> LineChart | None:
    """A chart of values over time, the oldest first; None while there is nothing to draw."""
    if len(values) < 2:  # noqa: PLR2004 - one value makes no line
        return None
    first, last = values[0][0], values[-1][0]
    seconds = max((last - first).total_seconds(), 1.0)
    low, high = min(value for _, value in values), max(value for _, value in values)
    spread = (high - low) or abs(high) or 1.0
    dots = tuple(
        (
            round(LEFT + (WIDTH - LEFT - RIGHT) * (at - first).total_seconds() / seconds, 1),
            round(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / spread, 1),
        )
        for at, value in values
    )
    marks = {y: f"{value:,.6g}" for (_, y), (_, value) in zip(dots, values, strict=True) if value in (low, high)}
    return LineChart(
        points=" ".join(_steps(dots)),
        dots=dots,
        marks=tuple(marks.items()),
        days=((dots[0][0], f"{first:%d %b %Y}"), (dots[-1][0], f"{last:%d %b %Y}")),
    )


def _steps(dots: Sequence[tuple[float, float]]) -> list[str]:
    points = [f"{dots[0][0]},{dots[0][1]}"]
    for (_, before), (x, y) in pairwise(dots):
        points += [f"{x},{before}", f"{x},{y}"]
    return points
