"""What an operator does from the terminal, on a database of one's own."""

import json
from uuid import UUID

import pytest

from bitpesa.audit_trail.model import user
from bitpesa.kernel.database import open_database
from bitpesa.kernel.encryption import new_master_key
from bitpesa.onboarding import operations as onboarding
from bitpesa.organisations import queries as organisations
from bitpesa.people import store
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
        ("balance", "top-up", "NaN", "USD", "--app", app): "NaN is not an amount",
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
