"""The exported journal is exact by its own figures, and the real hledger accepts it."""

import os
import re
import subprocess
from collections import Counter
from contextlib import aclosing
from decimal import Decimal

import pytest

from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.ops.bookkeeping.hledger import export_hledger
from tests.ops.world import World
from tests.programs import program

LEG = re.compile(
    r" {4}(?P<account>(?:sandbox|live):\S+(?: \S+)* [0-9a-f]{12}:[a-z]+:(?P<currency>[A-Z]+))"
    r"  (?P<amount>\S+) (?P=currency) = (?P<balance>\S+) (?P=currency)"
)
HEAD = re.compile(r"(?P<day>\d{4}-\d\d-\d\d) \((?P<id>[0-9a-f-]{36})\) (?P<kind>[a-z]+)  ; (?P<tags>.*)")


async def journal(world, environment="sandbox"):
    async with world.database.reading() as conn:
        return "".join([text async for text in export_hledger(conn, environment)])


def entries(text):
    """The transactions of a journal: head and legs, read strictly."""
    for entry in text.split("\n\n"):
        head, *rest = entry.strip().split("\n")
        if found := HEAD.fullmatch(head):
            yield found, [LEG.fullmatch(line) for line in rest if not line.startswith("    ; note: ")]


@pytest.fixture
def hledger():
    """Runs hledger over a journal."""
    path = program("hledger")

    def run(text, *command):
        return subprocess.run(
            [path, "-f", "-", *command],
            input=text.encode(),
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            timeout=60,
        )

    return run


async def test_every_posting_is_one_transaction_that_sums_to_zero(world):
    async with world.database.reading() as conn:
        rows = await conn.fetch("select id, kind from ledger_postings order by seq")
    written = list(entries(await journal(world)))
    assert [(head["id"], head["kind"]) for head, _ in written] == [(str(row["id"]), row["kind"]) for row in rows]
    for _, legs in written:
        source, target = legs
        assert Decimal(source["amount"]) == -Decimal(target["amount"]) < 0
        assert source["currency"] == target["currency"]


async def test_each_balance_is_what_the_file_comes_to_by_then(world):
    balances = Counter()
    for _, legs in entries(await journal(world)):
        for leg in legs:
            balances[leg["account"]] += Decimal(leg["amount"])
            assert Decimal(leg["balance"]) == balances[leg["account"]]
    assert len(balances) == 16


async def test_transactions_tell_their_app_and_what_they_are_about(world):
    text = await journal(world)
    transaction = await world.find(
        "select reference from ledger_postings where kind = 'debit' order by seq desc limit 1"
    )
    assert f"debit  ; app:{world.app.id}, reference:{transaction}, posted:2" in text
    assert "deposit  ; app:" in text
    assert "\n    ; note: extrait n° 7, ligne 3; date:1999-01-01\n" in text


async def test_everything_that_is_used_is_declared(world):
    text = await journal(world)
    assert set(re.findall(r"^account (\S.*\S)  ; app \S+$", text, re.MULTILINE)) == {
        leg["account"] for _, legs in entries(text) for leg in legs
    }
    assert re.findall(r"^commodity (.+)$", text, re.MULTILINE) == ["1000. NGN", "1000.00 USD"]


async def test_amounts_have_the_places_of_their_currency(database):
    world = World(database)
    await world.open()
    for minor, currency in ((5, "USD"), (1, "BTC"), (123_456_789, "BTC"), (7, "XOF")):
        await database.run(accounts.deposit, world.app.id, Money(minor, currency))
    amounts = [legs[1][0].split("  ")[-1] for _, legs in entries(await journal(world))]
    assert amounts == [
        "1000.00 USD = 1000.00 USD",
        "0.05 USD = 1000.05 USD",
        "0.00000001 BTC = 0.00000001 BTC",
        "1.23456789 BTC = 1.23456790 BTC",
        "7 XOF = 7 XOF",
    ]


async def test_hledger_accepts_the_books(world, hledger):
    checked = hledger(await journal(world), "check", "--strict", "ordereddates")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


async def test_hledger_comes_to_the_same_balances(world, hledger):
    async with world.database.reading() as conn:
        rows = await conn.fetch("select * from ledger_accounts where balance <> 0 and currency = 'NGN'")
    told = hledger(
        await journal(world), "balance", "--no-total", "--flat", "--format", "%(account) %(total)", "cur:NGN"
    )
    assert told.stderr == b""
    assert sorted(told.stdout.decode().split("\n")[:-1]) == sorted(
        f"sandbox:Test {str(row['app_id'])[-12:]}:{row['kind']}:NGN {row['balance']} NGN" for row in rows
    )


async def test_hledger_refuses_books_that_were_tampered_with(world, hledger):
    await world.tamper("update ledger_postings set to_balance = to_balance + 1 where kind = 'refund'")
    checked = hledger(await journal(world), "check")
    assert checked.returncode != 0
    assert b"balance assertion" in checked.stderr


async def test_hledger_accepts_an_empty_ledger(database, hledger):
    assert hledger(await journal(World(database)), "check", "--strict").returncode == 0


async def test_days_never_go_back_even_when_the_clock_did(world, hledger):
    await world.tamper("update ledger_postings set created_at = created_at - seq % 5 * interval '1 day'")
    text = await journal(world)
    days = [head["day"] for head, _ in entries(text)]
    assert days == sorted(days)
    assert hledger(text, "check", "--strict", "ordereddates").returncode == 0


async def test_reading_may_stop_early(world):
    async with world.database.reading() as conn:
        async with aclosing(export_hledger(conn, "sandbox")) as texts:
            assert await anext(texts)
        assert not conn.is_in_transaction()


async def test_real_and_play_money_are_never_in_one_file(world, hledger):
    live = World(world.database, "live", "Nairobi: Exports  (Kenya); 2 * 3")
    await live.open()
    real, play = await journal(live, "live"), await journal(world)
    assert "real money" in real.partition("\n")[0]
    assert "play money" in play.partition("\n")[0]
    account = f"live:Nairobi Exports Kenya 2 3 {str(live.app.id)[-12:]}:balance:USD"
    assert {leg["account"] for _, legs in entries(real) for leg in legs} == {
        account,
        account.replace("balance", "bank"),
    }
    assert "live" not in play
    assert "sandbox" not in real.partition("\n")[2]
    checked = hledger(real, "check", "--strict", "ordereddates")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
