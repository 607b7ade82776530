"""A figure: what one line of the table says."""

from typing import Any, Literal

import msgspec


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What we hold ourselves to: the value or the ratio is at least, or at most, so much."""

    of: Literal["value", "ratio"] = "value"
    is_most: bool = False
    limit: float

    def __str__(self) -> str:
        sign = "<=" if self.is_most else ">="
        return f"{sign} {self.limit:.2f}" if self.of == "ratio" else f"{self.of} {sign} {self.limit:g}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A value with its unit; against what it was measured in the same run, and what came of that.

    `ratio` is the median of the ratios of the rounds, whose lowest and highest are `spread`: both sides of a round had
    the same weather.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""
    spread: tuple[float, float] | None = None
    goal: Goal | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the goal is reached; None when there is none."""
        if self.goal is None:
            return None
        found = self.value if self.goal.of == "value" else self.ratio
        if found is None:
            raise ValueError(f"{self.name} has a goal for its ratio, and no ratio")
        return found <= self.goal.limit if self.goal.is_most else found >= self.goal.limit

    def to_json(self) -> dict[str, Any]:
        """A line of bench.json."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "goal": None if self.goal is None else str(self.goal),
            "holds": self.holds,
        }
