"""The independent check: what the database holds against what the load and the receivers wrote down.

It uses SQL of its own and nothing of the product, so that an error of thought in the product's audit is none here. It
is told a database, a journal and what was heard, whoever made them: tests hand it small ones with a fault in each.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import msgspec

from experiments.chaos.journal import Heard, Operation

MOST_SHOWN = 5

_NOTES = """
create temporary table operations (
    id text, kind text, app_id uuid, keyed boolean, tries int, unknown int, status int, acknowledged boolean,
    asked jsonb, answered jsonb
);
create temporary table heard (delivery_id uuid, webhook_id uuid, digest text, status int);
"""


class Promise(msgspec.Struct, frozen=True):
    """Something that must hold, and the question who broke it."""

    sentence: str
    question: str


class Finding(msgspec.Struct, frozen=True):
    """What became of a promise: how often it was broken, and by whom."""

    sentence: str
    broken: int
    examples: tuple[str, ...]


def read_promises() -> tuple[Promise, ...]:
    """The promises in their order."""
    _, *parts = Path(__file__).with_name("promises.sql").read_text(encoding="utf-8").split("-- promise: ")
    return tuple(Promise(sentence, question) for sentence, _, question in (part.partition("\n") for part in parts))


async def check(database_url: str, operations: Sequence[Operation], heard: Sequence[Heard]) -> list[Finding]:
    """Ask who broke each promise."""
    conn = await asyncpg.connect(database_url)
    try:
        await _take_notes(conn, operations, heard)
        return [await _ask(conn, promise) for promise in read_promises()]
    finally:
        await conn.close()


async def _take_notes(conn: asyncpg.Connection, operations: Sequence[Operation], heard: Sequence[Heard]) -> None:
    await conn.execute(_NOTES)
    await conn.copy_records_to_table(
        "operations",
        records=[
            (
                *(each.id, each.kind, each.app_id, each.keyed, each.tries, each.unknown, each.status),
                *(each.is_acknowledged, json.dumps(each.asked), json.dumps(each.answered)),
            )
            for each in operations
        ],
    )
    await conn.copy_records_to_table(
        "heard", records=[(each.delivery_id, each.webhook_id, each.digest, each.status) for each in heard]
    )
    await conn.execute("create index on heard (delivery_id); analyze operations; analyze heard")


async def _ask(conn: asyncpg.Connection, promise: Promise) -> Finding:
    rows = await conn.fetch(promise.question)
    examples = tuple(f"{row['who']}: {row['what']}" for row in rows[:MOST_SHOWN])
    return Finding(promise.sentence, len(rows), examples)
