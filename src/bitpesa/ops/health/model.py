"""What is looked at, what is too much of it, and what was found."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class Weight(StrEnum):
    """How much a finding matters: `act` is for a person to do something about, `note` to know of."""

    ACT = "act"
    NOTE = "note"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it should be: of which check, about what, what was seen, what to do."""

    check: str
    weight: Weight
    about: str
    said: str
    advice: str


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was found at one moment, beside what the database is."""

    taken_at: datetime
    server: str
    schema_step: int
    size_bytes: int
    checks: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether something has to be done."""
        return any(finding.weight is Weight.ACT for finding in self.findings)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is too much. Times are in seconds, sizes in bytes."""

    queue_note_seconds: float = 60
    queue_act_seconds: float = 300
    transaction_seconds: float = 300
    idle_in_transaction_seconds: float = 60
    prepared_seconds: float = 300
    clock_seconds: float = 1
    clock_ahead_seconds: float = 7 * 86_400
    connections_share: float = 0.9
    xid_note_age: int = 500_000_000
    xid_act_age: int = 1_000_000_000
    dead_rows: int = 50_000
    dead_share_note: float = 0.3
    dead_share_act: float = 1.0
    wasted_bytes: int = 256 * 1024**2
    wasted_share: float = 0.5
    slow_milliseconds: float = 100
    slow_calls: int = 20
    scanned_rows: int = 10_000
    scans: int = 1_000
    unused_bytes: int = 64 * 1024**2
    slot_bytes: int = 1024**3


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What the statistics say of a table. `scanned_rows`: how many rows a sequential scan read on average."""

    name: str
    live_rows: int
    dead_rows: int
    scans: int
    scanned_rows: int
    vacuumed_by_itself: bool


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index. `is_rule`: it keeps a rule (a unique key), so that it is needed even where nobody reads it."""

    name: str
    table: str
    is_valid: bool
    is_rule: bool
    reads: int
    size_bytes: int


class Waste(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a table's file holds nothing, as pgstattuple estimates it."""

    table: str
    wasted_bytes: int
    wasted_share: float


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """Due work of an environment that nobody has begun: how many rows, and for how long the oldest is due."""

    topic: str
    environment: str | None
    rows: int
    oldest_seconds: float


class Quarantine(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a kind of due work that failed: how many wait for staff, and how many are tried again; one of them."""

    topic: str
    waiting_for_staff: int
    left_out: int
    example: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction that is open in another connection, or prepared (`state` says which)."""

    pid: int | None
    who: str
    state: str
    seconds: float
    idle_seconds: float
    statement: str


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A replication slot that nobody reads, and the log it keeps on the disk."""

    name: str
    kept_bytes: int


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with its mean time in milliseconds."""

    statement: str
    calls: int
    mean_milliseconds: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was looked at. None: it could not be looked at, and `unseen` says what would be needed."""

    settings: Mapping[str, str]
    schema_step: int
    newest_step: int
    clock_off_seconds: float
    clocks_ahead_seconds: float
    live_clocks_moved: int
    queues: tuple[Queue, ...]
    tables: tuple[Table, ...]
    waste: tuple[Waste, ...]
    indexes: tuple[Index, ...]
    expected_indexes: frozenset[str]
    sessions: tuple[Session, ...]
    slots: tuple[Slot, ...]
    connections: int
    connections_allowed: int
    oldest_xid_age: int
    slow: tuple[Slow, ...]
    unseen: Mapping[str, str]
    quarantine: tuple[Quarantine, ...] = ()
