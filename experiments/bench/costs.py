"""What a request costs, for plans of capacity: processor time, ours and PostgreSQL's, and what is written ahead (WAL).

Speeds depend on the machine's other work; costs hardly do.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import asyncpg
import msgspec

from experiments.bench.figure import Figure
from experiments.bench.stage import ask

TICKS = os.sysconf("SC_CLK_TCK")

# Where the fields of /proc/<pid>/stat stand behind the name: the parent, and the ticks of the process and of its
# children that ended.
_PARENT, _OWN, _ENDED = 1, slice(11, 13), slice(13, 15)


class Costs(msgspec.Struct, frozen=True):
    """What was spent until now: seconds of a core, and bytes."""

    ours: float
    postgres: float
    wal: float

    def figures(self, earlier: "Costs", requests: int, what: str) -> list[Figure]:
        """What was spent since, for each of so many requests."""
        return [
            Figure(
                name=f"{what}, processor time of ours", value=1000 * (self.ours - earlier.ours) / requests, unit="ms"
            ),
            Figure(
                name=f"{what}, processor time of PostgreSQL",
                value=1000 * (self.postgres - earlier.postgres) / requests,
                unit="ms",
            ),
            Figure(name=f"{what}, written ahead", value=(self.wal - earlier.wal) / requests / 1024, unit="KiB"),
        ]


def costs(database_url: str, pids: Sequence[int]) -> Costs:
    """What these processes of ours and the server of a database have spent until now."""
    return ask(database_url, lambda conn: _costs(conn, pids))


async def _costs(conn: asyncpg.Connection, pids: Sequence[int]) -> Costs:
    server = int(_stat(await conn.fetchval("select pg_backend_pid()"))[_PARENT])
    return Costs(
        ours=sum(_seconds(_stat(pid), _OWN) for pid in pids),
        postgres=_seconds(_stat(server), _ENDED) + sum(_seconds(each, _OWN) for each in _children(server)),
        wal=float(await conn.fetchval("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")),
    )


def _children(parent: int) -> Iterator[list[str]]:
    for each in Path("/proc").glob("[0-9]*"):
        try:
            stat = _stat(int(each.name))
        except OSError:  # it ended meanwhile: its parent has its time
            continue
        if int(stat[_PARENT]) == parent:
            yield stat


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _seconds(stat: Sequence[str], ticks: slice) -> float:
    return sum(map(int, stat[ticks])) / TICKS
