"""What is wrong with a database, from plain values. Each function is one check, and says what to do."""

from collections.abc import Callable, Iterator

from bitpesa.ops.health.model import Finding, Limits, Measured, Weight

SAFE_COMMITS = ("on", "remote_write", "remote_apply")
SLEEPERS = ("idle in transaction", "idle in transaction (aborted)")
MIB = 1024**2

MUST_BE_ON = {
    "fsync": "a power cut can destroy the whole database: alter system set fsync = on, and restart",
    "full_page_writes": "a power cut can tear pages: alter system set full_page_writes = on",
    "autovacuum": "tables grow and slow down without it: alter system set autovacuum = on",
    "track_counts": "autovacuum is blind without it: alter system set track_counts = on",
}
MUST_BE_OFF = {
    "zero_damaged_pages": "it throws damaged rows away in silence: set it off, and restore from a back-up",
    "ignore_checksum_failure": "it reads damaged rows as if they were true: set it off, and restore from a back-up",
}


def judge(seen: Measured, limits: Limits) -> list[Finding]:
    """Everything that is not as it should be, what needs a person first."""
    found = [finding for check in _CHECKS.values() for finding in check(seen, limits)]
    return sorted(found, key=lambda finding: finding.weight is not Weight.ACT)


def _settings(seen: Measured, _limits: Limits) -> Iterator[Finding]:
    for name, harm in MUST_BE_ON.items():
        if seen.settings.get(name, "on") != "on":
            yield _act("settings", name, f"is {seen.settings[name]}", harm)
    for name, harm in MUST_BE_OFF.items():
        if seen.settings.get(name, "off") != "off":
            yield _act("settings", name, f"is {seen.settings[name]}", harm)
    commits = seen.settings.get("synchronous_commit", "on")
    if commits == "local":
        yield _note("settings", "synchronous_commit", "is local", "stand-bys may lack what clients were told is done")
    elif commits not in SAFE_COMMITS:
        harm = "a crash loses payments that clients were told of: set it on for this server, database and role"
        yield _act("settings", "synchronous_commit", f"is {commits}", harm)
    if seen.settings.get("data_checksums", "on") != "on":
        yield _note("settings", "data_checksums", "is off", "damage on the disk goes unseen: pg_checksums --enable")


def _schema(seen: Measured, _limits: Limits) -> Iterator[Finding]:
    said = f"the database is at step {seen.schema_step}, this release is made for {seen.newest_step}"
    if seen.schema_step < seen.newest_step:
        yield _act("schema", "version", said, "bitpesa migrate; queues and clocks were not looked at")
    elif seen.schema_step > seen.newest_step:
        yield _act("schema", "version", said, "run the newer release; queues and clocks were not looked at")


def _clock(seen: Measured, limits: Limits) -> Iterator[Finding]:
    if abs(seen.clock_off_seconds) > limits.clock_seconds:
        side = "ahead of" if seen.clock_off_seconds > 0 else "behind"
        said = f"{abs(seen.clock_off_seconds):.1f} s {side} this machine's"
        yield _act("clock", "the database's clock", said, "have both machines follow the same time servers")
    if seen.live_clocks_moved:
        said = f"{seen.live_clocks_moved} live apps live in a time that is not real"
        yield _act(
            "clock", "app clocks", said, "delete their rows of app_clocks: what is due to them is due at wrong times"
        )
    if seen.clocks_ahead_seconds > limits.clock_ahead_seconds:
        said = f"a sandbox app lives {_time(seen.clocks_ahead_seconds)} ahead"
        yield _note("clock", "app clocks", said, "looking for due work reads all that others will be due until then")


def _queues(seen: Measured, limits: Limits) -> Iterator[Finding]:
    for queue in seen.queues:
        topic = f"{queue.topic} of {queue.environment}" if queue.environment else queue.topic
        said = f"{queue.rows} due, the oldest for {_time(queue.oldest_seconds)}"
        if queue.oldest_seconds > limits.queue_act_seconds:
            yield _act("queues", topic, said, "see whether a worker runs and what it logs; start more of them")
        elif queue.oldest_seconds > limits.queue_note_seconds:
            yield _note("queues", topic, said, "the workers are behind")


def _quarantine(seen: Measured, _limits: Limits) -> Iterator[Finding]:
    for row in seen.quarantine:
        if row.waiting_for_staff:
            said = f"{row.waiting_for_staff} rows failed too often, such as {row.example}"
            advice = "see what the log says of them, mend that, then: bitpesa quarantine release"
            yield _act("quarantine", row.topic, said, advice)
        elif row.left_out:
            said = f"{row.left_out} rows failed, such as {row.example}"
            yield _note("quarantine", row.topic, said, "they are tried again; the log says what was wrong")


def _bloat(seen: Measured, limits: Limits) -> Iterator[Finding]:
    for table in seen.tables:
        if not table.vacuumed_by_itself:
            advice = f"alter table {table.name} reset (autovacuum_enabled)"
            yield _act("bloat", table.name, "is not vacuumed by itself", advice)
        share = table.dead_rows / max(table.live_rows, 1)
        if table.dead_rows >= limits.dead_rows and share >= limits.dead_share_note:
            said = f"{table.dead_rows} dead rows beside {table.live_rows} live ones"
            make = _act if share >= limits.dead_share_act else _note
            yield make("bloat", table.name, said, "end long transactions, and vacuum it if autovacuum does not")
    for waste in seen.waste:
        if waste.wasted_bytes >= limits.wasted_bytes and waste.wasted_share >= limits.wasted_share:
            said = f"{waste.wasted_bytes // MIB} MiB of its file hold nothing ({waste.wasted_share:.0%})"
            yield _note("bloat", waste.table, said, "new rows will fill it; pg_repack or vacuum full give it back")
    yield from _unseen(seen, "bloat")


def _statements(seen: Measured, limits: Limits) -> Iterator[Finding]:
    for slow in seen.slow:
        if slow.mean_milliseconds >= limits.slow_milliseconds and slow.calls >= limits.slow_calls:
            said = f"{slow.mean_milliseconds:.0f} ms on average in {slow.calls} calls"
            yield _note("statements", slow.statement, said, "look at its plan with explain (analyze, buffers)")
    yield from _unseen(seen, "statements")


def _indexes(seen: Measured, limits: Limits) -> Iterator[Finding]:
    for index in seen.indexes:
        if not index.is_valid:
            advice = f"reindex index concurrently {index.name}; drop it if its name ends in _ccnew or _ccold"
            yield _act("indexes", index.name, f"is invalid: {index.table} pays for it and nobody reads it", advice)
    for name in sorted(seen.expected_indexes - {index.name for index in seen.indexes}):
        yield _act("indexes", name, "is missing", "make it again as the steps in bitpesa/schema have it, concurrently")
    for index in seen.indexes:
        never_read = index.is_valid and not index.is_rule and not index.reads
        if never_read and index.size_bytes >= limits.unused_bytes:
            said = f"was never read; {index.size_bytes // MIB} MiB of {index.table}"
            yield _note("indexes", index.name, said, "nothing, if the statistics are young or a replica reads it")
    for table in seen.tables:
        if table.scans >= limits.scans and table.scanned_rows >= limits.scanned_rows:
            said = f"was read from end to end {table.scans} times, {table.scanned_rows} rows each time"
            yield _note("indexes", table.name, said, "find the statement, and the index that it lacks")


def _transactions(seen: Measured, limits: Limits) -> Iterator[Finding]:
    for session in seen.sessions:
        about = f"{session.who}, pid {session.pid}" if session.pid else f"{session.statement} of {session.who}"
        end = f"select pg_terminate_backend({session.pid})"
        if session.state == "prepared":
            if session.seconds > limits.prepared_seconds:
                said = f"prepared for {_time(session.seconds)}"
                yield _act("transactions", about, said, f"commit prepared or rollback prepared '{session.statement}'")
        elif session.state in SLEEPERS and session.idle_seconds > limits.idle_in_transaction_seconds:
            said = f"holds a transaction open and does nothing for {_time(session.idle_seconds)}"
            yield _act("transactions", about, said, end)
        elif session.seconds > limits.transaction_seconds:
            said = f"in one transaction for {_time(session.seconds)}: {session.statement}"
            yield _act("transactions", about, said, f"nothing it sees can be vacuumed meanwhile; {end}")
    yield from _unseen(seen, "transactions")


def _wraparound(seen: Measured, limits: Limits) -> Iterator[Finding]:
    said = f"{seen.oldest_xid_age} transactions old; at about 2100000000 the server stops writing"
    if seen.oldest_xid_age > limits.xid_act_age:
        yield _act("wraparound", "oldest unfrozen row", said, "see what keeps vacuum from freezing, then vacuum freeze")
    elif seen.oldest_xid_age > limits.xid_note_age:
        yield _note("wraparound", "oldest unfrozen row", said, "see that autovacuum gets its tables done")


def _server(seen: Measured, limits: Limits) -> Iterator[Finding]:
    if seen.connections > limits.connections_share * seen.connections_allowed:
        said = f"{seen.connections} of {seen.connections_allowed} are taken"
        yield _act("server", "connections", said, "lower BITPESA_DATABASE_CONNECTIONS, or raise max_connections")
    for slot in seen.slots:
        said = f"nobody reads it, and it keeps {slot.kept_bytes // MIB} MiB of log"
        make = _act if slot.kept_bytes > limits.slot_bytes else _note
        yield make("server", f"replication slot {slot.name}", said, "bring its reader back, or drop it: the disk fills")


def _unseen(seen: Measured, check: str) -> Iterator[Finding]:
    if check in seen.unseen:
        yield _note(check, "not looked at", "this database does not tell", seen.unseen[check])


def _act(check: str, about: str, said: str, advice: str) -> Finding:
    return Finding(check=check, weight=Weight.ACT, about=about, said=said, advice=advice)


def _note(check: str, about: str, said: str, advice: str) -> Finding:
    return Finding(check=check, weight=Weight.NOTE, about=about, said=said, advice=advice)


def _time(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


_CHECKS: dict[str, Callable[[Measured, Limits], Iterator[Finding]]] = {
    "settings": _settings,
    "schema": _schema,
    "clock": _clock,
    "queues": _queues,
    "quarantine": _quarantine,
    "bloat": _bloat,
    "statements": _statements,
    "indexes": _indexes,
    "transactions": _transactions,
    "wraparound": _wraparound,
    "server": _server,
}

CHECKS = tuple(_CHECKS)
