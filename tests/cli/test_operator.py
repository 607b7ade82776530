"""What an operator does from the terminal, on a database of one's own."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from bitpesa.kernel.crypto.encryption import new_master_key
from bitpesa.kernel.database.pool import open_database
from bitpesa.onboarding import operations as onboarding
from bitpesa.tenants.audit_log.model import user
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.users import store
from tests.cli.processes import Ended, in_process


@pytest.fixture
def run(fresh_database_url: str):
    """Run a command on a fresh database; standard output as JSON where it was asked for."""
    master_key = new_master_key()

    async def run(*arguments: str) -> Ended:
        return await in_process(*arguments, "--database-url", fresh_database_url, BITPESA_MASTER_KEYS=master_key)

    return run


async def told(run, *arguments: str):
    ended = await run(*arguments, "--json")
    assert ended.status == 0, ended.complaints
    return json.loads(ended.output)


async def test_an_organisation_gets_its_apps_keys_and_money(run):
    made = await told(run, "apps", "create", "Acme Ltd")
    live = await told(run, "apps", "create", "Acme Ltd", "--environment", "live")
    assert made["organisation_id"] == live["organisation_id"]
    twice = await run("apps", "create", "Acme Ltd")
    assert (twice.status, twice.complaints) == (
        1,
        "bitpesa: The organisation already has an app in this environment\n",
    )
    key = await told(run, "keys", "create", "--app", live["id"])
    assert key["key"].startswith("live_")
    resealed = (await run("keys", "reseal")).output
    assert "secrets of API keys sealed under the first master key: 1\n" in resealed
    assert (await run("keys", "reseal", "--check")).output.endswith("no older master key is in use\n")
    topped_up = await run("balance", "top-up", "250.50", "USD", "--app", made["id"])
    assert topped_up.output == "balance 250.5 USD\n"
    assert await told(run, "balance", "show", "--app", made["id"]) == [{"amount": 250.5, "currency": "USD"}]
    assert (await told(run, "audit"))["disagreements_in_all"] == 0


async def test_what_makes_no_sense_is_refused_in_a_sentence(run):
    app = (await told(run, "apps", "create", "Acme Ltd"))["id"]
    for arguments, words in {
        ("balance", "top-up", "1.005", "USD", "--app", app): "USD has 2 decimals; 1.005 has more",
        ("balance", "top-up", "5", "XYZ", "--app", app): "XYZ is not a currency we know",
        ("balance", "top-up", "90000000000000000", "USD", "--app", app): "is more than can be booked",
        ("balance", "top-up", "999999999999999999", "USD", "--app", app): "is more than can be booked",
        ("balance", "top-up", "NaN", "USD", "--app", app): "NaN is not an amount",
        ("balance", "top-up", "1500,50", "USD", "--app", app): "1500,50 can be read as 150050 or as 1500.50",
        ("balance", "top-up", "9" * 19, "USD", "--app", app): "has more than 18 digits",
        ("balance", "top-up", "92233720368547758.08", "USD", "--app", app): "is more than can be booked",
        ("rates", "set", "NGN", "1530,25"): "1530,25 can be read as 153025 or as 1530.25",
        ("apps", "settings", "margin=0,03", "--app", app): "margin: 0,03 can be read as 003 or as 0.03",
        (
            "apps",
            "settings",
            "hold_from_usd=5,000",
            "--app",
            app,
        ): "hold_from_usd: 5,000 can be read as 5000 or as 5.000",
        ("apps", "settings", "fee_rate=\u0660.\u0660\u0663", "--app", app): "digits of another script: write 0.03",
        ("apps", "settings", 'fee_rates={"NGN::Bank": "0,03"}', "--app", app): "fee_rates: 0,03 can be read as",
        ("keys", "create", "--app", "nobody"): "there is no app nobody",
        ("keys", "create"): "this deployment has no demo organisation",
        ("apps", "settings", "fee_rate=2", "--app", app): "fee_rate: invalid",
        ("apps", "settings", "feerate=2", "--app", app): "feerate: unknown",
        ("rates", "set", "USD", "1"): "USD has no rate that could be set",
    }.items():
        ended = await run(*arguments)
        assert (ended.status, ended.output) == (1, "")
        assert words in ended.complaints
        assert "Traceback" not in ended.complaints


async def test_settings_and_rates_are_set_and_shown(run):
    app = (await told(run, "apps", "create", "Acme Ltd"))["id"]
    shown = await run("apps", "settings", "fee_rate=0.03", 'closed_corridors=["NGN::Bank"]', "--app", app)
    settings = dict(line.split(maxsplit=1) for line in shown.output.splitlines())
    assert (settings["fee_rate"], settings["closed_corridors"]) == ('"0.03"', '["NGN::Bank"]')
    assert (await run("rates", "set", "NGN", "1500")).output == "1 USD = 1500 NGN\n"
    assert (await run("rates", "set", "EUR", "1.25", "--inverse")).output == "1 USD = 0.8 EUR\n"
    assert (await run("rates", "defaults")).status == 0
    rates = await told(run, "rates", "list")
    assert (rates["NGN"], rates["EUR"], rates["USD"]) == ("1500", "0.8", "1")
    assert len(rates) > 20


async def test_a_wire_is_booked_once_at_the_terminal_too(run):
    live = (await told(run, "apps", "create", "Acme Ltd", "--environment", "live"))["id"]
    today = datetime.now(UTC).date().isoformat()

    async def top_up(amount: str, reference: str, *more: str) -> Ended:
        return await run("balance", "top-up", amount, "USD", "--app", live, "--reference", reference, *more)

    assert (await run("balance", "top-up", "5", "USD", "--app", live)).complaints == "bitpesa: bank_reference: blank\n"
    assert (await top_up("5", "FT 7")).complaints == "bitpesa: value_date: blank\n"
    assert (await top_up("5", "FT 7", "--value-date", today)).output == "balance 5 USD\n"
    twice = await top_up("5", "ft7", "--value-date", today)
    assert (twice.status, "FT 7 is booked already" in twice.complaints) == (1, True)
    alike = await top_up("5", "FT 8", "--value-date", today)
    assert (alike.status, "If this is another transfer, say --another" in alike.complaints) == (1, True)
    assert (await top_up("5", "FT 8", "--value-date", today, "--another")).output == "balance 10 USD\n"
    assert (await told(run, "audit"))["disagreements_in_all"] == 0


async def test_a_rate_that_moves_far_waits_and_a_name_at_the_terminal_is_nobody(run, tmp_path):
    assert (await run("rates", "set", "NGN", "1500")).status == 0
    near = await run("rates", "set", "NGN", "1530.25")
    assert near.output == (
        "1 USD = 1530.25 NGN\n"
        "  +2.0 %: 1 USD was 1500, then 1530.25 NGN\n"
        "  100 USD came to 150,000 NGN, then 153,025 NGN\n"
        "  100 NGN came to 0.066666667 USD, then 0.065348799 USD\n"
    )
    nobody = await run("rates", "set", "NGN", "153025", "--as", "ben")
    assert (nobody.status, "say with --as which of staff proposes it" in nobody.complaints) == (1, True)
    assert (await run("staff", "create", "ben@example.com")).status == 0
    proposed = await run("rates", "set", "NGN", "153025", "--as", "ben@example.com")
    assert (proposed.status, "a second person has to confirm it" in proposed.output) == (0, True)
    assert (await told(run, "rates", "list"))["NGN"] == "1530.25"
    assert "NGN  proposed by ben@example.com" in (await run("rates", "proposed")).output
    file = tmp_path / "rates.csv"
    file.write_text("currency,units_per_usd\nNGN,1600\nXOF,565.48\nGHS,11.05\nZZZ,1\n")
    preview = await run("rates", "import", str(file))
    assert preview.output.splitlines()[0] == "CSV: 3 rates, nothing is set yet"
    assert "XOF          565.48  would be set, the first rate" in preview.output
    assert "XOF" not in await told(run, "rates", "list")
    done = await run("rates", "import", str(file), "--yes", "--as", "ben@example.com")
    assert "NGN            1600  set; was 1530.25, +4.6 %; 100 USD came to 153,025, then 160,000" in done.output
    assert "not currencies of this platform: ZZZ" in done.output
    rates = await told(run, "rates", "list")
    assert (rates["NGN"], rates["XOF"], rates["GHS"]) == ("1600", "565.48", "11.05")
    assert (await run("rates", "proposed")).output == "", "a rate that was set since takes its place"
    file.write_text("currency;units_per_usd\nNGN;1450,11\n")
    refused = await run("rates", "import", str(file), "--yes")
    assert (refused.status, "rates.csv: Line 2, NGN: 1450,11 can be read as" in refused.complaints) == (1, True)
    assert (await run("rates", "import", str(tmp_path / "none.csv"))).status == 1


async def test_requests_for_live_access_are_listed_returned_and_approved(run, fresh_database_url: str):
    made = await told(run, "apps", "create", "Acme Ltd")
    organisation = made["organisation_id"]
    assert (await run("onboarding", "list")).output == ""
    refused = await run("onboarding", "approve", organisation)
    assert (refused.status, refused.complaints) == (1, "bitpesa: No request is waiting\n")
    assert "is no id of an organisation" in (await run("onboarding", "approve", "Acme")).complaints

    async def ask() -> None:
        async with open_database(fresh_database_url) as database:
            async with database.reading() as conn:
                app = await organisations.find_app(conn, UUID(made["id"]))
            actor = user("ada@example.com")
            await database.run(onboarding.ask_for_live, UUID(organisation), app, actor=actor, reason="we never cancel")

    await ask()
    (waiting,) = await told(run, "onboarding", "list")
    assert (waiting["organisation"], waiting["request"]["reason"], waiting["ticks"]) == (
        "Acme Ltd",
        "we never cancel",
        {},
    )
    listed = (await run("onboarding", "list")).output
    assert listed.startswith(f"{organisation}  Acme Ltd  asked ")
    assert "open checks  authenticates, senders, funds, learns, failures" in listed
    assert (await run("onboarding", "return", organisation, " ")).complaints == "bitpesa: answer: blank\n"
    assert (await run("onboarding", "return", organisation, "Show us a refund")).output == "returned\n"
    assert (await run("onboarding", "list")).output == ""
    await ask()
    approved = await run("onboarding", "approve", organisation, "--note", "Welcome")
    assert approved.output.startswith("approved\nlive app  ")
    live_app = approved.output.split()[3]
    assert (await told(run, "keys", "create", "--app", live_app))["key"].startswith("live_")


async def test_staff_see_to_people_and_their_keys(run, fresh_database_url):
    assert await told(run, "users", "list") == []
    unknown = await run("users", "disable", "ada@example.com")
    assert (unknown.status, "nobody has the address ada@example.com" in unknown.complaints) == (1, True)
    async with open_database(fresh_database_url) as database:
        async with database.work() as work:
            ada = await store.insert_user(work.conn, "Ada Obi", "ada@example.com", "no password")
            await store.propose_totp_secret(work.conn, ada.id, b"sealed")
            await store.take_totp_step(work.conn, ada.id, 1)
        assert [user["email"] for user in await told(run, "users", "list")] == ["ada@example.com"]
        assert (await run("users", "reset-mfa", "Ada@Example.com")).status == 0
        assert "no authenticator yet" in (await run("users", "list")).output
        assert (await run("users", "disable", "ada@example.com")).status == 0
        assert "disabled" in (await run("users", "list")).output
        assert (await run("users", "enable", "ada@example.com")).status == 0
        async with database.reading() as conn:
            noted = await conn.fetch("select action, actor_kind from audit_trail order by seq")
        assert [(row["action"], row["actor_kind"]) for row in noted] == [
            ("user.authenticator_reset", "staff"),
            ("user.disabled", "staff"),
            ("user.enabled", "staff"),
        ]
        app = (await told(run, "apps", "create", "Acme Ltd"))["id"]
        key = (await told(run, "keys", "create", "--app", app))["key"]
        async with database.reading() as conn:
            await conn.execute("update api_keys set enabled_at = null")
        assert "waits" in (await run("keys", "list", "--app", app)).output
        assert (await run("keys", "enable", key)).output == f"enabled {key}\n"
        assert "active" in (await run("keys", "list", "--app", app)).output
        assert "there is no key x" in (await run("keys", "enable", "x")).complaints
