"""What is judged to be wrong, from plain values."""

from typing import Any

import msgspec
import pytest

from bitpesa.ops.health.model import Finding, Index, Limits, Measured, Queue, Session, Slot, Slow, Table, Waste, Weight
from bitpesa.ops.health.rules import CHECKS, judge

WELL = Measured(
    settings={"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "autovacuum": "on"},
    schema_step=13,
    newest_step=13,
    clock_off_seconds=0.01,
    clocks_ahead_seconds=0,
    live_clocks_moved=0,
    queues=(Queue(topic="events", environment="live", rows=3, oldest_seconds=0.2),),
    tables=(Table(name="events", live_rows=10, dead_rows=2, scans=1, scanned_rows=10, vacuumed_by_itself=True),),
    waste=(),
    indexes=(Index(name="events_to_tell", table="events", is_valid=True, is_rule=False, reads=5, size_bytes=8192),),
    expected_indexes=frozenset({"events_to_tell"}),
    sessions=(),
    slots=(),
    connections=10,
    connections_allowed=100,
    oldest_xid_age=1000,
    slow=(),
    unseen={},
)
GIB = 1024**3


def found(**changes: Any) -> list[Finding]:
    return judge(msgspec.structs.replace(WELL, **changes), Limits())


def told(**changes: Any) -> list[tuple[str, str, str]]:
    return [(finding.check, finding.about, finding.weight.value) for finding in found(**changes)]


def table(**changes: Any) -> dict[str, Any]:
    return {"tables": (msgspec.structs.replace(WELL.tables[0], **changes),)}


def index(**changes: Any) -> dict[str, Any]:
    return {"indexes": (msgspec.structs.replace(WELL.indexes[0], **changes),)}


def session(**changes: Any) -> dict[str, Any]:
    calm = Session(pid=7, who="somebody", state="active", seconds=1, idle_seconds=0, statement="select 1")
    return {"sessions": (msgspec.structs.replace(calm, **changes),)}


def test_nothing_is_found_where_all_is_well() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"settings": {"fsync": "off"}}, ("settings", "fsync", "act")),
        ({"settings": {"full_page_writes": "off"}}, ("settings", "full_page_writes", "act")),
        ({"settings": {"synchronous_commit": "off"}}, ("settings", "synchronous_commit", "act")),
        ({"settings": {"synchronous_commit": "local"}}, ("settings", "synchronous_commit", "note")),
        ({"settings": {"zero_damaged_pages": "on"}}, ("settings", "zero_damaged_pages", "act")),
        ({"settings": {"data_checksums": "off"}}, ("settings", "data_checksums", "note")),
        ({"schema_step": 12}, ("schema", "version", "act")),
        ({"schema_step": 14}, ("schema", "version", "act")),
        ({"clock_off_seconds": -3.0}, ("clock", "the database's clock", "act")),
        ({"live_clocks_moved": 1}, ("clock", "app clocks", "act")),
        ({"clocks_ahead_seconds": 30 * 86_400}, ("clock", "app clocks", "note")),
        (
            {"queues": (Queue(topic="events", environment="live", rows=9, oldest_seconds=61),)},
            ("queues", "events of live", "note"),
        ),
        (
            {"queues": (Queue(topic="events", environment="live", rows=9, oldest_seconds=301),)},
            ("queues", "events of live", "act"),
        ),
        (table(vacuumed_by_itself=False), ("bloat", "events", "act")),
        (table(live_rows=100_000, dead_rows=50_000), ("bloat", "events", "note")),
        (table(live_rows=50_000, dead_rows=50_000), ("bloat", "events", "act")),
        ({"waste": (Waste(table="events", wasted_bytes=GIB, wasted_share=0.6),)}, ("bloat", "events", "note")),
        (table(scans=1_000, scanned_rows=10_000), ("indexes", "events", "note")),
        (index(is_valid=False), ("indexes", "events_to_tell", "act")),
        ({"indexes": ()}, ("indexes", "events_to_tell", "act")),
        (index(reads=0, size_bytes=GIB), ("indexes", "events_to_tell", "note")),
        (session(seconds=301), ("transactions", "somebody, pid 7", "act")),
        (session(state="idle in transaction", idle_seconds=61), ("transactions", "somebody, pid 7", "act")),
        (session(pid=None, state="prepared", seconds=301), ("transactions", "select 1 of somebody", "act")),
        ({"oldest_xid_age": 500_000_001}, ("wraparound", "oldest unfrozen row", "note")),
        ({"oldest_xid_age": 1_000_000_001}, ("wraparound", "oldest unfrozen row", "act")),
        ({"slow": (Slow(statement="select 2", calls=20, mean_milliseconds=100),)}, ("statements", "select 2", "note")),
        ({"unseen": {"statements": "install it"}}, ("statements", "not looked at", "note")),
        ({"connections": 91}, ("server", "connections", "act")),
        ({"slots": (Slot(name="old", kept_bytes=0),)}, ("server", "replication slot old", "note")),
        ({"slots": (Slot(name="old", kept_bytes=2 * GIB),)}, ("server", "replication slot old", "act")),
    ],
)
def test_each_thing_that_is_wrong_is_found_and_nothing_else(changes: dict[str, Any], expected: tuple) -> None:
    assert told(**changes) == [expected]
    assert expected[0] in CHECKS


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"synchronous_commit": "remote_apply"}},
        {"clock_off_seconds": 1.0},
        table(live_rows=10, dead_rows=49_999),
        table(live_rows=1_000_000, dead_rows=60_000),
        index(reads=0, is_rule=True, size_bytes=GIB),
        index(reads=0, size_bytes=8192),
        session(state="idle in transaction", idle_seconds=59),
        {"slow": (Slow(statement="select 2", calls=19, mean_milliseconds=5000),)},
        {"waste": (Waste(table="events", wasted_bytes=GIB, wasted_share=0.4),)},
    ],
)
def test_what_is_usual_is_not_told(changes: dict[str, Any]) -> None:
    assert told(**changes) == []


def test_what_needs_a_person_comes_first() -> None:
    weights = [finding.weight for finding in found(settings={"data_checksums": "off"}, connections=100)]
    assert weights == [Weight.ACT, Weight.NOTE]
