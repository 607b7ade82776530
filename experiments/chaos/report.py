"""What is printed, and kept as evidence: how much was hurt, how much was done meanwhile, and which promises held."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from experiments.chaos.check import Finding
from experiments.chaos.failover import FailedOver
from experiments.chaos.load import Played
from experiments.harness.columns import in_columns
from experiments.harness.machine import Circumstances

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"

LEAST_ACKNOWLEDGED_PER_KILL = 3
LEAST_COMPLETED_PER_KILL = 0.5


class Run(msgspec.Struct, kw_only=True):
    """A whole run."""

    kills: Mapping[str, int]
    accidents: Mapping[str, int]
    ended: Mapping[str, int]
    disk: str
    seed: int
    storm_seconds: float
    played: Played
    clock_moves: int
    rows: Mapping[str, int]
    failed_over: FailedOver | None
    findings: Sequence[Finding]

    @property
    def killed(self) -> int:
        """How many processes were killed in the storm."""
        return sum(self.kills.values())

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not any(each.broken for each in self.findings)


def work_done(killed: int, played: Played) -> Finding:
    """A promise about the experiment itself: that there was work which could have been lost."""
    wanted = (LEAST_ACKNOWLEDGED_PER_KILL * killed, LEAST_COMPLETED_PER_KILL * killed)
    enough = played.acknowledged > wanted[0] and played.completed > wanted[1]
    examples = () if enough else (f"{played.acknowledged} acknowledged, {played.completed} flows; wanted {wanted}",)
    return Finding("real work was done between the kills", 0 if enough else 1, examples)


def report(run: Run, where: Circumstances) -> str:
    """The whole report, in Markdown that reads well at a terminal."""
    facts = [
        f"{where.date}, commit {where.commit}, seed {run.seed}",
        f"{where.machine}; {where.postgres} on {where.storage}; the disk: {run.disk}",
    ]
    figures = [("what happened", "figure"), *_figures(run)]
    promises = [("promise", "broken"), *((each.sentence, f"{each.broken or 'kept'}") for each in run.findings)]
    broken = [f"- BROKEN: {each.sentence}\n  {example}" for each in run.findings for example in each.examples]
    return "\n".join(
        [
            *(f"- {fact}" for fact in facts),
            "",
            *in_columns(figures, {1}),
            "",
            *in_columns(promises, {1}),
            *([""] if broken else []),
            *broken,
        ]
    )


def keep(text: str, run: Run, where: Circumstances) -> Path:
    """Write the report where evidence is kept."""
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    path = EVIDENCE / f"chaos-{where.date.partition(' ')[0]}-{run.killed}-kills.md"
    path.write_text(
        f"# Nothing is lost\n\nMade by `make chaos`; `docs/chaos.md` says how to read it.\n\n{text}\n", "utf-8"
    )
    return path


def _figures(run: Run) -> list[tuple[str, str]]:
    played = run.played
    figures = [
        ("processes killed (SIGKILL)", run.killed),
        *((f"  {victim}", count) for victim, count in sorted(run.kills.items())),
        *((accident, count) for accident, count in sorted(run.accidents.items())),
        ("times that a clock was moved", run.clock_moves),
        *((f"processes that ended by themselves {how}", count) for how, count in sorted(run.ended.items())),
        ("writes acknowledged", played.acknowledged),
        ("writes refused, as they should be", played.refused),
        ("requests with no answer, or 5xx", played.unknown),
        ("flows begun", played.begun),
        ("flows that came to their end meanwhile", played.completed),
        *((f"{what} in the database", count) for what, count in run.rows.items()),
    ]
    written = [(what, f"{count:,}") for what, count in figures]
    written.append(("storm", f"{run.storm_seconds:.0f} s, {run.storm_seconds / max(run.killed, 1):.2f} s per kill"))
    if run.failed_over is not None:
        written += [
            ("fail-over: nothing acknowledged for", f"{run.failed_over.refused_seconds:.2f} s"),
            ("fail-over: standby promoted after", f"{run.failed_over.promoted_after_seconds:.2f} s"),
            ("fail-over: acknowledged before, after", f"{run.failed_over.before:,}, {run.failed_over.after:,}"),
        ]
    return written
