"""What was tried and what came of it: promises with the attempts that broke them, and the table that tells."""

from collections.abc import Iterable, Sequence

import msgspec

from experiments.harness.machine import Circumstances

MOST_SHOWN = 10
"""How many attempts that broke one promise are told of; all are counted."""

HEADINGS = ("promise", "tried", "figure", "kept")


class Promise(msgspec.Struct, kw_only=True):
    """Something that holds however often it is tried, and every attempt that showed otherwise."""

    sentence: str
    tried: int = 0
    figure: str = ""
    broken: list[str] = []

    def hold(self, *, so: bool, attempt: str) -> None:
        """Note one attempt, and whether the promise held."""
        self.tried += 1
        if not so:
            self.broken.append(attempt)

    @property
    def is_kept(self) -> bool:
        """Whether it was tried at all, and never broken."""
        return self.tried > 0 and not self.broken


class Chapter(msgspec.Struct, frozen=True):
    """Promises of one kind."""

    title: str
    promises: Sequence[Promise]


def report(chapters: Iterable[Chapter], where: Circumstances, notes: Sequence[str]) -> str:
    """The whole report, in Markdown that reads well at a terminal."""
    lines = [
        f"- {where.date}, commit {where.commit}",
        f"- {where.machine}; {where.postgres}",
        *(f"- {n}" for n in notes),
    ]
    for chapter in chapters:
        lines += ["", f"## {chapter.title}", "", *_table([HEADINGS, *(_cells(each) for each in chapter.promises)])]
        lines += [line for promise in chapter.promises for line in _complaints(promise)]
    return "\n".join(lines)


def _cells(promise: Promise) -> tuple[str, ...]:
    return (promise.sentence, f"{promise.tried:,}", promise.figure, "yes" if promise.is_kept else "NO")


def _complaints(promise: Promise) -> list[str]:
    if promise.is_kept:
        return []
    said = promise.broken[:MOST_SHOWN] or ["it was never tried"]
    more = len(promise.broken) - len(said)
    return [
        "",
        f"Broken: {promise.sentence}",
        *(f"- {each}" for each in said),
        *([f"- and {more} more"] if more > 0 else []),
    ]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    return [lines[0], f"| {' | '.join('-' * width for width in widths)} |", *lines[1:]]
