"""What becomes of a download, whatever happens on the way."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from bitpesa.api.report_files import FOLDER, ReportFiles
from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.kernel.crypto.signed_links import SignedLinks
from bitpesa.kernel.database.pool import open_database
from bitpesa.ops.reports import operations, queries
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.period import Cadence, period_at
from bitpesa.tenants.organisations import operations as organisations

LINKS = SignedLinks([new_master_key()], "reports")


@pytest.fixture
async def path(database):
    """The path of a file that is there."""

    async def make(work):
        organisation = await organisations.create_organisation(work, "Acme")
        app = await organisations.create_app(work, organisation.id, "sandbox")
        today = period_at(Cadence.DAILY, datetime.now(UTC) - timedelta(days=1))
        return queries.path_of(app, await operations.make(work, app.id, ReportType.ACCOUNT, today))

    return f"/{FOLDER}/{await database.run(make)}"


class Downloads:
    """Asks for files, and notes what was sent."""

    def __init__(self, database):
        self.files = ReportFiles(database, LINKS)
        self.sent = []

    async def get(self, path, *, valid_for=timedelta(minutes=10), method="GET"):
        query = LINKS.query(path, datetime.now(UTC) + valid_for).encode()
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query}
        self.sent = []
        await self.files(scope, self._receive, self._send)
        return self.sent[0]["status"]

    async def _receive(self):
        raise AssertionError("a download reads nothing")

    async def _send(self, message):
        self.sent.append(message)


async def test_a_file_is_sent_and_ended(database, path):
    downloads = Downloads(database)
    assert await downloads.get(path) == 200
    first, *pieces, last = downloads.sent
    assert last == {"type": "http.response.body", "body": b""}
    content = b"".join(piece["body"] for piece in pieces)
    assert (b"content-length", str(len(content)).encode()) in first["headers"]
    assert all(piece["more_body"] for piece in pieces)


async def test_a_valid_link_to_nothing_is_not_found(database, path):
    downloads = Downloads(database)
    assert await downloads.get(path.replace("account", "transaction")) == 404
    assert await downloads.get(path.replace("test/", "live/")) == 404
    assert await downloads.get(f"/{FOLDER}/test/{uuid4()}/daily/account_report_2026-03-02.csv") == 404
    assert await downloads.get(f"/{FOLDER}/nonsense") == 404
    assert await downloads.get(path, valid_for=timedelta(0)) == 403
    assert await downloads.get(path, method="DELETE") == 405


async def test_a_file_that_is_made_again_on_the_way_is_cut_off_and_not_ended(database, path):
    downloads = Downloads(database)
    async with database.work() as work:
        await work.conn.execute("delete from report_pieces")
    with pytest.raises(queries.ReplacedMeanwhile):
        await downloads.get(path)
    assert [message["type"] for message in downloads.sent] == ["http.response.start"]


async def test_while_the_database_is_away_the_answer_is_503(fresh_database_url, path):
    async with open_database(fresh_database_url) as database:
        downloads = Downloads(database)
        assert await downloads.get(path) == 200
        await database.pool.close()
        with pytest.raises(asyncpg.InterfaceError):
            await database.pool.fetchval("select 1")
        assert await downloads.get(path) == 503
