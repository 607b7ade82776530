"""Every journey begins in a fresh world, and ends with books that balance: by our own audit, and by hledger."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from bitpesa.kernel.database.pool import Database
from bitpesa.ops.bookkeeping.hledger import export_hledger
from bitpesa.ops.bookkeeping.integrity import audit
from bitpesa.tenants.organisations.environments import ENVIRONMENTS
from tests.journeys.world import World, open_world
from tests.programs import program_if_there


@pytest.fixture
async def world(fresh_database_url: str) -> AsyncIterator[World]:
    async with open_world(fresh_database_url) as world:
        yield world
        await check_books(world.platform.database)


async def check_books(database: Database) -> None:
    """See that the books agree with themselves, with every state, and with somebody else's program.

    hledger takes about 20 ms for the books of a journey.
    """
    async with database.reading() as conn:
        report = await audit(conn)
        assert report.disagreements == ()
        journals = ["".join([text async for text in export_hledger(conn, each)]) for each in ENVIRONMENTS]
    hledger = program_if_there("hledger")
    for journal in journals if hledger is not None else ():
        assert await _complaints(hledger, journal) == (0, "")


async def _complaints(hledger: str, journal: str) -> tuple[int, str]:
    """What hledger has against a journal."""
    process = await asyncio.create_subprocess_exec(
        *(hledger, "-f", "-", "check", "--strict", "ordereddates"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    said, _ = await process.communicate(journal.encode())
    return process.returncode or 0, said.decode()
