"""What the load did, written down as it did it: a line on disk before each request and one after each answer.

The experiment believes only this. An *operation* is something that a client wants done once; it may take several
requests, since a request whose answer did not come is sent again, under the same `Idempotency-Key` or not at all.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec


class Operation(msgspec.Struct, kw_only=True):
    """What a client wanted, how often it asked, and what it heard."""

    id: str
    kind: str
    app_id: str
    asked: dict[str, Any]
    """What was asked for, as far as the check needs to know."""
    keyed: bool
    tries: int = 0
    unknown: int = 0
    """Requests that got no answer, or one that says that the outcome is unknown (flows 11.1: 5xx)."""
    status: int | None = None
    """The answer that settled it; None when there was none."""
    answered: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def is_acknowledged(self) -> bool:
        """Whether its client was told that it is done."""
        return self.status is not None and self.status < 300


class Journal:
    """Where the load writes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def wants(self, operation: str, kind: str, app_id: str, asked: dict[str, Any], *, keyed: bool) -> None:
        """Note what a client is about to ask for."""
        self._write(operation=operation, kind=kind, app_id=app_id, asked=asked, keyed=keyed)

    def sends(self, operation: str) -> None:
        """Note that a request leaves."""
        self._write(operation=operation, sent=True)

    def hears(self, operation: str, status: int | None, answered: dict[str, Any]) -> None:
        """Note an answer; None when there was none."""
        self._write(operation=operation, status=status, answered=answered, at=time.time())

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _write(self, **line: Any) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")


def read_journal(path: Path) -> list[Operation]:
    """Every operation of a journal, in the order in which they were begun."""
    found: dict[str, Operation] = {}
    for line in _lines(path):
        name = line["operation"]
        if "kind" in line:
            found[name] = Operation(
                id=name, kind=line["kind"], app_id=line["app_id"], asked=line["asked"], keyed=line["keyed"]
            )
        elif "sent" in line:
            found[name].tries += 1
        elif line["status"] is None or line["status"] >= 500:
            found[name].unknown += 1
        else:
            found[name].status = line["status"]
            found[name].answered = line["answered"]
    return list(found.values())


def acknowledgements(path: Path) -> list[float]:
    """When writes were acknowledged, in seconds since 1970, in order."""
    return [line["at"] for line in _lines(path) if line.get("status") and line["status"] < 300]


class Heard(msgspec.Struct, frozen=True):
    """A webhook as a receiver got it: for which delivery, by the digest of its body, and what was answered.

    Status 0: nothing was, though it was received whole.
    """

    delivery_id: str
    webhook_id: str
    digest: str
    status: int


def read_heard(path: Path) -> list[Heard]:
    """Everything that receivers got."""
    return [msgspec.convert(line, Heard) for line in _lines(path)]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that were written whole."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)
