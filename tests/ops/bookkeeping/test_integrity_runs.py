"""Audits are kept, as they were found; where nothing can be written they still tell."""

from uuid import uuid4

import pytest

from bitpesa.kernel.database.pool import open_database
from bitpesa.kernel.problems import NotFound
from bitpesa.ops.bookkeeping.integrity_runs import find_audit, list_audits, run_audit
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters, staff

AMINA = staff("amina")


async def test_an_audit_is_kept_as_it_was_found(fresh_database_url: str) -> None:
    async with open_database(fresh_database_url) as database:
        report, audit_id = await run_audit(database, AMINA)
        async with database.reading() as conn:
            kept, found = await find_audit(conn, audit_id)
            ((entry,), _) = await trail.list_page(conn, Filters(object_id=str(audit_id)), limit=9)
    assert found == report
    assert (kept.taken_at, kept.run_by, kept.run_by_id, kept.agrees) == (report.taken_at, "amina", None, True)
    assert (entry.action, entry.actor, entry.details) == (
        "books.audited",
        AMINA,
        {"checks": report.checks, "disagreements": 0},
    )


async def test_the_newest_is_listed_first(fresh_database_url: str) -> None:
    async with open_database(fresh_database_url) as database:
        ids = [(await run_audit(database, AMINA))[1] for _ in range(3)]
        async with database.reading() as conn:
            found, total = await list_audits(conn, limit=2)
            rest, _ = await list_audits(conn, limit=2, offset=2)
            with pytest.raises(NotFound):
                await find_audit(conn, uuid4())
    assert ([each.id for each in (*found, *rest)], total) == (ids[::-1], 3)


async def test_a_database_that_takes_nothing_is_audited_all_the_same(fresh_database_url: str) -> None:
    async with open_database(f"{fresh_database_url}&default_transaction_read_only=on") as database:
        report, audit_id = await run_audit(database, AMINA)
        assert (report.agrees, audit_id) == (True, None)
        async with database.reading() as conn:
            assert await list_audits(conn, limit=1) == ([], 0)
