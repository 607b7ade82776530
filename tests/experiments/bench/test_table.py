"""What the table of the benchmark says about a goal."""

import pytest

from experiments.bench.rounds import ALONE, HOT, LINES, SPREAD, Line, Round, quantile
from experiments.bench.table import results


def one_round(**changed: tuple[float, float]) -> Round:
    figures = {line: changed.get(line.unit.strip("/"), (100.0, 100.0)) for line in LINES}
    return Round(figures=figures, busy=0.1)


def held(line: Line, *rounds: Round) -> bool | None:
    return next(result.holds for result in results(rounds) if result.line == line)


@pytest.mark.parametrize(("ours", "holds"), [(180.0, True), (179.0, False)])
def test_a_rate_must_reach_its_goal(ours: float, holds: bool) -> None:  # noqa: FBT001
    assert held(HOT, one_round(s=(ours, 100.0))) is holds


@pytest.mark.parametrize(("ours", "holds"), [(130.0, True), (131.0, False)])
def test_a_time_must_not_exceed_its_goal(ours: float, holds: bool) -> None:  # noqa: FBT001
    assert held(ALONE[0.5], one_round(ms=(ours, 100.0))) is holds


def test_a_line_without_a_goal_neither_holds_nor_fails() -> None:
    assert held(ALONE[0.99], one_round()) is None


def test_one_bad_round_of_three_changes_nothing() -> None:
    assert held(SPREAD, one_round(s=(110.0, 100.0)), one_round(s=(1.0, 100.0)), one_round(s=(120.0, 100.0)))


@pytest.mark.parametrize(("part", "value"), [(0.0, 1.0), (0.5, 3.0), (0.99, 4.0)])
def test_a_quantile_is_one_of_the_values(part: float, value: float) -> None:
    assert quantile([4.0, 2.0, 1.0, 3.0], part) == value
