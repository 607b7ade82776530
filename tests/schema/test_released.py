"""What an earlier release wrote is migrated to the newest schema, and every promise about it still holds."""

from pathlib import Path

import asyncpg
import pytest

from bitpesa.ops.bookkeeping.integrity import audit
from bitpesa.schema.migrate import migrate, migrations, require_current
from experiments.chaos.check import check
from tests.schema.released import load, released

COUNTED = ("transactions", "recipients", "ledger_postings", "events", "webhook_deliveries", "payin_receipts")

# It was left in the middle of its work, and nobody of its time says what was received.
ASKED_AFTER_A_RUN = {
    "every event is on its way to every webhook that asked for it",
    "what counts as delivered was received, and what was dropped was tried six times",
    "when all is quiet nothing is left to be done",
}


@pytest.fixture(params=released(), ids=lambda path: path.stem)
def release(request: pytest.FixtureRequest) -> tuple[int, str]:
    """The newest step of an earlier release, and a database that it left."""
    path: Path = request.param
    return int(path.stem.rpartition("-")[2]), path.read_text(encoding="utf-8")


async def test_a_database_of_an_earlier_release_is_migrated_and_agrees(
    release: tuple[int, str], empty_url: str
) -> None:
    made_at, text = release
    await load(text, empty_url)
    before = await _counts(empty_url)
    assert await migrate(empty_url) == [step.name for step in migrations() if step.number > made_at]
    await require_current(empty_url)
    assert await _counts(empty_url) == before
    assert min(before.values()) > 0
    conn = await asyncpg.connect(empty_url)
    try:
        report = await audit(conn)
    finally:
        await conn.close()
    assert report.disagreements == ()
    findings = await check(empty_url, [], [])
    assert [each for each in findings if each.broken and each.sentence not in ASKED_AFTER_A_RUN] == []


def test_the_first_release_is_among_them() -> None:
    assert released()[0].name == "released-0013.sql"


async def _counts(database_url: str) -> dict[str, int]:
    conn = await asyncpg.connect(database_url)
    try:
        return {table: await conn.fetchval(f"select count(*) from {table}") for table in COUNTED}  # noqa: S608 - ours
    finally:
        await conn.close()
