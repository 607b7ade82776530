"""What every figure is measured on: one server, a fresh copy of one database each, and how long it may take."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import msgspec

from experiments.bench.ceiling import Pgbench, find_pgbench
from experiments.bench.payer import Payer
from experiments.harness.deployment import HOST, Deployment, free_ports

T = TypeVar("T")

CONNECTIONS = 8


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured: the short form proves that it runs, the long one has the largest tables."""

    rounds: int
    seconds: float
    stored: tuple[int, ...]
    """With how many stored transactions, growing."""
    waiting: int
    """How many deliveries wait to be drained; a tenth of it are asked of the payouts."""
    requests: int
    """After how many requests memory is looked at again."""
    starts: int
    """How often the sandbox is started."""


QUICK = Form(rounds=1, seconds=1, stored=(200, 400), waiting=200, requests=300, starts=1)
FULL = Form(rounds=3, seconds=3, stored=(10_000, 100_000), waiting=10_000, requests=10_000, starts=3)
GROWTH = msgspec.structs.replace(FULL, stored=(10_000, 100_000, 1_000_000), requests=100_000)


class Stage(msgspec.Struct, kw_only=True):
    """A running server whose database `base` holds payers and nothing else; nobody is ever connected to it."""

    base: Deployment
    payers: list[Payer]
    form: Form
    yardstick: float = 0.0
    """What pgbench did in a second with one transaction per request, in this run: what rates are compared with."""

    @property
    def directory(self) -> Path:
        """For the files of the run."""
        return self.base.directory

    def copy(self, name: str, of: str | None = None, *, processes: int = 1, **settings: Any) -> Deployment:
        """A deployment on a copy of the base, or of another copy. `settings` differ from the defaults."""
        template = database_of(self.base.database_url) if of is None else of
        url = with_database(self.base.database_url, name)
        ask(with_database(self.base.database_url, "postgres"), lambda conn: _copy(conn, name, template))
        return self.on(url, processes=processes, **settings)

    def on(self, url: str, *, processes: int = 1, **settings: Any) -> Deployment:
        """A deployment of so many API processes on a database of this stage: the keys of the payers are good there."""
        ports = free_ports(processes)
        origins = tuple(f"http://{HOST}:{port}" for port in ports)
        chosen = msgspec.structs.replace(self.base.settings, database_url=url, sandbox_origins=origins, **settings)
        return Deployment(chosen, ports, self.directory)

    def drop(self, deployment: Deployment) -> None:
        """Forget a copy, to have the disk again."""
        name = database_of(deployment.database_url)
        ask(
            with_database(self.base.database_url, "postgres"),
            lambda conn: conn.execute(f'drop database "{name}" with (force)'),
        )

    def pgbench(self, deployment: Deployment) -> Pgbench:
        """A pgbench on the database of a deployment."""
        return Pgbench(find_pgbench(), deployment.database_url, self.directory)


@contextmanager
def copied(stage: Stage, name: str, of: str | None = None, **settings: Any) -> Iterator[Deployment]:
    """A copy that is there while the block runs."""
    deployment = stage.copy(name, of, **settings)
    try:
        yield deployment
    finally:
        stage.drop(deployment)


def ask(database_url: str, question: Callable[[asyncpg.Connection], Coroutine[Any, Any, T]]) -> T:
    """Ask a database something on a connection of its own."""

    async def run() -> T:
        conn = await asyncpg.connect(database_url)
        try:
            return await question(conn)
        finally:
            await conn.close()

    return asyncio.run(run())


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, question_mark, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question_mark}{query}"


def database_of(url: str) -> str:
    """The name of the database in a URL."""
    return url.partition("?")[0].rpartition("/")[2]


async def _copy(conn: asyncpg.Connection, name: str, template: str) -> None:
    await conn.execute(f'create database "{name}" template "{template}" strategy file_copy')
