"""The table that is printed, and kept as evidence: medians over the rounds, and whether our goals hold."""

from collections.abc import Sequence
from statistics import median

import msgspec

from experiments.bench.figure import Figure
from experiments.bench.rounds import LINES, Line, Round
from experiments.harness.columns import in_columns
from experiments.harness.machine import Circumstances

HEADINGS = ("figure", "value", "ratio (lowest, highest)", "against, in the same run", "goal", "holds")
RIGHT_ALIGNED = (1, 2, 4)
HOLDS = {True: "yes", False: "NO", None: ""}


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A line over all rounds. Both sides of a round had the same weather: the ratio is the median of their ratios."""

    line: Line
    ours: float
    ceiling: float
    ratios: list[float]

    @property
    def ratio(self) -> float:
        """What is compared with the goal."""
        return median(self.ratios)

    @property
    def holds(self) -> bool | None:
        """Whether the goal is reached; None when there is none."""
        goal = self.line.goal
        if goal is None:
            return None
        return self.ratio <= goal if self.line.is_time else self.ratio >= goal


def results(rounds: Sequence[Round]) -> list[Result]:
    """Sum the rounds up."""
    return [_result(line, [each.figures[line] for each in rounds]) for line in LINES]


def report(found: Sequence[Figure], where: Circumstances, notes: Sequence[str]) -> str:
    """The whole report, in Markdown that reads well at a terminal."""
    facts = [
        f"{where.date}, commit {where.commit}",
        f"{where.machine}; {where.postgres} on {where.storage}",
        *notes,
    ]
    rows = [HEADINGS, *(_cells(each) for each in found)]
    return "\n".join([*(f"- {fact}" for fact in facts), "", *in_columns(rows, RIGHT_ALIGNED)])


def _result(line: Line, pairs: Sequence[tuple[float, float]]) -> Result:
    ours, ceilings = zip(*pairs, strict=True)
    ratios = [mine / ceiling for mine, ceiling in pairs]
    return Result(line=line, ours=median(ours), ceiling=median(ceilings), ratios=ratios)


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    if figure.spread is not None and figure.spread[0] != figure.spread[1]:
        ratio += f" ({figure.spread[0]:.2f}, {figure.spread[1]:.2f})"
    goal = "" if figure.goal is None else str(figure.goal)
    return (figure.name, _value(figure), ratio, figure.against, goal, HOLDS[figure.holds])


def _value(figure: Figure) -> str:
    number = f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:.2f}"
    return f"{number}{'' if figure.unit.startswith('/') else ' '}{figure.unit}"
