"""Charts as SVG: where each bar stands. The page draws them from this, and the same figures beside them as a table."""

from collections.abc import Sequence
from datetime import date

import msgspec

WIDTH, HEIGHT = 640, 170
LEFT, TOP, BOTTOM = 44, 10, 22
_GAP = 0.3
_NICE = (1, 2, 5, 10)


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One rectangle; `style` says which sort of value it stands for, `told` says it in words."""

    x: float
    y: float
    width: float
    height: float
    style: str
    told: str


class Line(msgspec.Struct, frozen=True):
    """A line across the chart, with what it stands for."""

    y: float
    label: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart of days."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    days: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


class Part(msgspec.Struct, frozen=True):
    """A part of a day's bar."""

    value: int
    style: str
    told: str


def stacked(days: Sequence[tuple[date, Sequence[Part]]], *, label: str = "{:,}", most: int | None = None) -> Chart:
    """A chart with a bar for each day, made of its parts from below. `most`: what the top of the chart stands for."""
    top = most or nice_top(max((sum(part.value for part in parts) for _, parts in days), default=0))
    step = (WIDTH - LEFT) / max(len(days), 1)
    bars = [bar for at, (_, parts) in enumerate(days) for bar in _pile(LEFT + at * step, step, parts, top)]
    values = (0, top // 2, top) if top % 2 == 0 else (0, top)
    every = 2 if len(days) > 7 else 1  # noqa: PLR2004 - a week of labels fits, two weeks of them do not
    return Chart(
        bars=tuple(bars),
        lines=tuple(Line(_height_of(value, top), label.format(value)) for value in values),
        days=tuple((LEFT + (at + 0.5) * step, f"{day:%d %b}") for at, (day, _) in enumerate(days) if at % every == 0),
    )


def nice_top(most: int) -> int:
    """The first round number that is not below this: 1, 2, 5 and their tenfolds."""
    scale = 1
    while most > scale * 10:
        scale *= 10
    return next(scale * each for each in _NICE if scale * each >= most)


def _pile(x: float, step: float, parts: Sequence[Part], top: int) -> list[Bar]:
    bars, below = [], 0
    for part in parts:
        if part.value:
            above = below + part.value
            y, foot = _height_of(above, top), _height_of(below, top)
            bars.append(
                Bar(
                    x=round(x + step * _GAP / 2, 1),
                    y=y,
                    width=round(step * (1 - _GAP), 1),
                    height=round(max(foot - y, 1), 1),
                    style=part.style,
                    told=part.told,
                )
            )
            below = above
    return bars


def _height_of(value: int, top: int) -> float:
    room = HEIGHT - TOP - BOTTOM
    return round(TOP + room * (1 - min(value / top, 1)), 1)
