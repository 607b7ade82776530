"""`bitpesa report` makes the file of any period, and says no in a sentence."""

import re
from datetime import UTC, datetime

import pytest

from bitpesa.kernel.crypto.encryption import Vault, new_master_key
from bitpesa.kernel.database.pool import open_database
from bitpesa.ops.reports.period import Cadence, period_at
from bitpesa.sandbox.demo_organisation import prepare_demo
from tests.cli.processes import bitpesa


@pytest.fixture
async def deployment(fresh_database_url):
    """The settings of a deployment with a demo app in it."""
    key = new_master_key()
    async with open_database(fresh_database_url) as database:
        await database.run(prepare_demo, Vault([key]))
    return {"BITPESA_DATABASE_URL": fresh_database_url, "BITPESA_MASTER_KEYS": key}


async def test_a_report_is_made_and_written(deployment, tmp_path):
    month = period_at(Cadence.MONTHLY, datetime.now(UTC))
    this_month, last_month = month.name, month.previous.name
    output = tmp_path / "account.csv"
    made = await bitpesa("report", "account", "--month", this_month, "--output", output, **deployment)
    assert (made.status, made.complaints) == (0, "")
    assert re.fullmatch(
        rf"test/[0-9a-f-]{{36}}/monthly/account_report_{this_month}\.csv  [1-9]\d* rows, \d+ bytes\n", made.output
    )
    assert output.read_bytes().startswith(b"date,currency,entry_id,kind,")

    made = await bitpesa("report", "transaction", **deployment)
    assert made.status == 0
    assert f"/monthly/transaction_report_{last_month}.csv  0 rows" in made.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--month", "March"), "March is not written like 2026-03"),
        (("--day", "2026-03"), "2026-03 is not written like 2026-03-14"),
        (("--day", "2026-03-02", "--month", "2026-03"), "name a month or a day, not both"),
        (("--month", "9000-01"), "9000-01 has not begun for this app"),
    ],
)
async def test_what_cannot_be_made_is_refused_in_a_sentence(deployment, arguments, sentence):
    refused = await bitpesa("report", "account", *arguments, **deployment)
    assert refused.status == 1
    assert sentence in refused.complaints
