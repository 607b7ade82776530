"""`python -m experiments.security`: try to get in, to wear the server out, and to read what is nobody's business."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from bitpesa.embedded_postgres import start_server
from bitpesa.schema.migrate import migrate
from experiments.harness.machine import Circumstances, circumstances
from experiments.security.digest import digest_of
from experiments.security.findings import Chapter, report
from experiments.security.fuzz import fuzz
from experiments.security.links import links
from experiments.security.noisy import noisy
from experiments.security.outbound import outbound
from experiments.security.patience import patience
from experiments.security.patterns import patterns
from experiments.security.place import HARSH, serving
from experiments.security.poisoned import poisoned
from experiments.security.proxies import proxies
from experiments.security.second_eyes import second_eyes
from experiments.security.stage import furnished
from experiments.security.strangers import strangers
from experiments.security.told import told

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"
SEED = 20_261_124
NOT_DURABLE = {"fsync": "off"}

ALONE: dict[str, Callable[[str, Path], Coroutine[Any, Any, Chapter]]] = {
    "a poisoned neighbour": poisoned,
    "a noisy neighbour": noisy,
    "a second pair of eyes": second_eyes,
}


def main() -> int:
    """Try everything, print what came of it, and keep what was printed if asked to. 1 when a promise was broken."""
    asked = _read_arguments(sys.argv[1:])
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="bitpesa-security-", ignore_cleanup_errors=True) as name,
        start_server(Path(name) / "data", settings=NOT_DURABLE) as database,
    ):
        where = circumstances(postgres="PostgreSQL of the wheel, not durable", directory=Path(name))
        chapters = asyncio.run(_try_everything(database.dsn, Path(name), asked.seed))
        chapters += _try_alone(Path(name))
    promises = [promise for chapter in chapters for promise in chapter.promises]
    broken = [promise for promise in promises if not promise.is_kept]
    tried = sum(promise.tried for promise in promises)
    kept = f"{len(promises) - len(broken)} of {len(promises)} promises kept in {tried:,} attempts"
    text = report(chapters, where, [f"{kept}, {time.monotonic() - began:.0f} s"])
    print(text)
    if asked.write:
        print(f"\nwritten to {_keep(text, where)}", file=sys.stderr)
    return 1 if broken else 0


async def _try_everything(database_url: str, directory: Path, seed: int) -> list[Chapter]:
    """One chapter after the other: each is told as it begins, since some take a while."""
    await migrate(database_url)
    conn = await asyncpg.connect(database_url)
    chapters = []
    try:
        async with furnished(database_url) as stage:
            _begin("operations and links")
            async with serving(stage.world.platform.settings, directory) as server:
                digest = await digest_of(conn)
                chapters.append(await strangers(stage, server, digest))
                chapters.append(await links(stage, server, digest))
            _begin("proxies in front")
            chapters.append(await proxies(stage, directory, conn))
            _begin("calls to the outside")
            chapters.append(await outbound(stage))
            _begin("limits and nonsense")
            async with serving(stage.world.platform.settings, directory, **HARSH) as server:
                chapters.append(await patience(stage, server))
                chapters.append(await fuzz(stage, server, seed))
            _begin("patterns and logs")
            chapters.append(await patterns())
            chapters.append(await told(stage, database_url, directory))
    finally:
        await conn.close()
    return chapters


def _try_alone(directory: Path) -> Iterator[Chapter]:
    """What spoils or fills a database is tried in one of its own each time."""
    for what, attempt in ALONE.items():
        _begin(what)
        place = directory / what.replace(" ", "-")
        place.mkdir()
        with start_server(place / "data", settings=NOT_DURABLE) as database:
            asyncio.run(migrate(database.dsn))
            yield asyncio.run(attempt(database.dsn, place))


def _begin(what: str) -> None:
    print(f"trying {what}", file=sys.stderr, flush=True)


def _keep(text: str, where: Circumstances) -> Path:
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    path = EVIDENCE / f"security-{where.date.partition(' ')[0]}.md"
    path.write_text(
        f"# Promises about security, tried\n\nMade by `make security ARGS=--write`.\n\n{text}\n", encoding="utf-8"
    )
    return path


def _read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m experiments.security", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help="what the nonsense is made from (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/evidence/")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
