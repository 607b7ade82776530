"""What a figure says about its goal, and how it is written down."""

import pytest

from experiments.bench.figure import Figure, Goal
from experiments.bench.table import report
from experiments.harness.machine import Circumstances

WHERE = Circumstances(date="2026-11-24 09:00 UTC", commit="abc", machine="a machine", postgres="PG", storage="disk")


def figure(**changes) -> Figure:
    return Figure(**{"name": "payouts", "value": 250.0, "unit": "/s", **changes})


@pytest.mark.parametrize(
    ("value", "ratio", "goal", "holds"),
    [
        (400.0, None, Goal(limit=400), True),
        (399.9, None, Goal(limit=400), False),
        (10.0, None, Goal(is_most=True, limit=10), True),
        (10.1, None, Goal(is_most=True, limit=10), False),
        (1.0, 1.8, Goal(of="ratio", limit=1.8), True),
        (999.0, 1.7, Goal(of="ratio", limit=1.8), False),
        (999.0, 1.3, Goal(of="ratio", is_most=True, limit=1.2), False),
        (1.0, 2.0, None, None),
    ],
)
def test_a_goal_is_held_by_the_value_or_by_the_ratio(value, ratio, goal, holds) -> None:
    assert figure(value=value, ratio=ratio, goal=goal).holds is holds


def test_a_goal_for_a_ratio_that_nobody_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="no ratio"):
        _ = figure(goal=Goal(of="ratio", limit=1)).holds


def test_a_figure_has_six_words_in_json() -> None:
    assert figure(ratio=0.25, goal=Goal(of="ratio", limit=1)).to_json() == {
        "name": "payouts",
        "value": 250.0,
        "unit": "/s",
        "ratio": 0.25,
        "goal": ">= 1.00",
        "holds": False,
    }


def test_the_table_shows_the_spread_and_what_does_not_hold() -> None:
    spread = figure(ratio=0.5, spread=(0.4, 0.6), against="pgbench", goal=Goal(limit=300))
    text = report([spread, figure(name="idle", value=3.456, unit="ms")], WHERE, ["three rounds"])
    assert text.startswith("- 2026-11-24 09:00 UTC, commit abc\n- a machine; PG on disk\n- three rounds\n")
    rows = [" | ".join(cell.strip() for cell in line.split("|")[1:-1]) for line in text.splitlines()[-2:]]
    assert rows == ["payouts | 250/s | 0.50 (0.40, 0.60) | pgbench | value >= 300 | NO", "idle | 3.46 ms |  |  |  | "]
