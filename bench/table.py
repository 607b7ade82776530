"""The table that is printed, and kept as evidence: medians over the rounds, and whether our goals hold."""

from collections.abc import Sequence
from statistics import median

import msgspec

from bench.rounds import LINES, Line, Round
from rig.columns import in_columns
from rig.machine import Circumstances

HEADINGS = ("create_and_fund", "ours", "ceiling", "ratio (lowest, highest)", "goal", "holds")
RIGHT_ALIGNED = range(1, 5)


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


def report(found: Sequence[Result], where: Circumstances, notes: Sequence[str]) -> str:
    """The whole report, in Markdown that reads well at a terminal."""
    facts = [
        f"{where.date}, commit {where.commit}",
        f"{where.machine}; {where.postgres} on {where.storage}",
        *notes,
    ]
    return "\n".join(
        [
            *(f"- {fact}" for fact in facts),
            "",
            *in_columns([HEADINGS, *(_cells(each) for each in found)], RIGHT_ALIGNED),
        ]
    )


def _result(line: Line, pairs: Sequence[tuple[float, float]]) -> Result:
    ours, ceilings = zip(*pairs, strict=True)
    ratios = [mine / ceiling for mine, ceiling in pairs]
    return Result(line=line, ours=median(ours), ceiling=median(ceilings), ratios=ratios)


def _cells(result: Result) -> tuple[str, ...]:
    line = result.line
    ratio = f"{result.ratio:.2f} ({min(result.ratios):.2f}, {max(result.ratios):.2f})"
    goal = "" if line.goal is None else f"{'<=' if line.is_time else '>='} {line.goal:.2f}"
    holds = {True: "yes", False: "NO", None: ""}[result.holds]
    return (line.name, _figure(result.ours, line), _figure(result.ceiling, line), ratio, goal, holds)


def _figure(value: float, line: Line) -> str:
    return f"{value:.2f} ms" if line.is_time else f"{value:,.0f}{line.unit}"
