"""Look-ups in a process beside the worker: long lists take it minutes of work, which nobody else should wait for."""

import os
import signal
import threading
from collections.abc import Sequence
from multiprocessing import parent_process

from bitpesa.payments.screening.index import Index, Thresholds
from bitpesa.payments.screening.model import Listed, Match, Subject

_index = Index()
_next = Index()


def prepare() -> None:
    """Leave interrupts to the worker, and end when it ends, however that is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def begin() -> None:
    """Begin to read lists; until all is read, `find` asks those of before."""
    global _next  # noqa: PLW0603 - a process has one
    _next = Index()


def add(listed: Sequence[Listed]) -> None:
    """Keep some more entries."""
    for each in listed:
        _next.add(each)


def finish() -> None:
    """Make what was read known to `find`."""
    global _index, _next
    _next.finish()
    _index, _next = _next, Index()


def find(subjects: Sequence[Subject], thresholds: Thresholds, sandbox: bool) -> list[Match]:  # noqa: FBT001 - handed over by position
    """Everybody listed who is like one of the subjects, the best first."""
    return find_all(_index, subjects, thresholds, sandbox=sandbox)


def find_all(index: Index, subjects: Sequence[Subject], thresholds: Thresholds, *, sandbox: bool) -> list[Match]:
    """Everybody listed who is like one of the subjects, the best first."""
    found = [match for subject in subjects for match in index.find(subject, thresholds, sandbox=sandbox)]
    return sorted(found, key=lambda match: -match.score)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
