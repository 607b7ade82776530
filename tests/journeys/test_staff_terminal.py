"""Staff at the terminal: the commands do what the operations do, and the trail says who did it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from bitpesa.kernel.crypto.encryption import new_master_key
from tests.cli.processes import Ended, in_process
from tests.journeys.test_08_kyc_hold import open_b
from tests.journeys.test_27_pending_and_stuck import stuck
from tests.journeys.test_mandates import quote_rand, rand
from tests.journeys.world import PERSON, World, ok

Run = Callable[..., Awaitable[Ended]]


@pytest.fixture
def run(world: World) -> Run:
    """Run a command on the world's database, for its app."""

    async def run(*command: str, app: str | None = "", status: int = 0) -> Ended:
        of_app = () if app is None else ("--app", app or str(world.app.id))
        url = world.platform.settings.database_url
        ended = await in_process(*command, *of_app, "--database-url", url, BITPESA_MASTER_KEYS=new_master_key())
        assert (ended.status, "Traceback" in ended.complaints) == (status, False), ended.complaints
        return ended

    return run


async def trail(run: Run, *wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((await run("trail", "--json", *wanted, app=None)).output)
    return found


async def test_senders_are_decided_about(world: World, run: Run) -> None:
    app, b = await open_b(world)
    sender = (await b.post("/senders", {"sender": PERSON})).object
    of = str(app.id)
    waiting = (await run("senders", "waiting", app=None)).output
    assert f"sender {sender['id']} of app {of}: Jane Roe" in waiting
    assert (await run("senders", "waiting")).output == ""
    (shown,) = json.loads((await run("senders", "waiting", "--json", app=of)).output)
    assert (shown["id"], shown["app_id"]) == (sender["id"], of)
    for verb, reason, state in (
        ("ask", ("--reason", "who are you?"), "incomplete"),
        ("reject", ("--reason", "nobody"), "rejected"),
        ("reinstate", ("--reason", "somebody"), "approved"),
        ("ban", ("--reason", "the wrong one", "--as", "ben"), "banned"),
    ):
        ended = await run("senders", verb, sender["id"], *reason, app=of)
        assert ended.output == f"sender {sender['id']} is {state}\n"
    page = (await run("senders", "show", sender["id"], app=of)).output
    assert ("state_reason                Sender could not be approved" in page, "staff ben  sender.banned" in page) == (
        True,
        True,
    )
    assert json.loads((await run("senders", "show", sender["id"], "--json", app=of)).output)["state"] == "banned"
    assert [each["action"] for each in await trail(run, "--object", sender["id"], "--per", "2")] == [
        "sender.banned",
        "sender.reinstated",
    ]
    assert [each["action"] for each in await trail(run, "--who", "ben")] == ["sender.banned"]
    text = (await run("trail", "--who", "ben", app=of)).output
    assert "sender.banned" in text
    assert "(the wrong one)" in text


async def test_what_cannot_be_done_is_told_in_a_sentence(world: World, run: Run) -> None:
    transaction = await world.funded(ok("00"))
    sender_id, leg_id = transaction["sender"]["id"], transaction["recipients"][0]["id"]
    for command, sentence in {
        ("senders", "approve", sender_id): "Sender is approved and cannot be approved; possible: ask, reject, ban",
        ("senders", "ban", sender_id): "reason: blank",
        ("senders", "ban", str(uuid4()), "--reason", "x"): "there is no such sender of app",
        ("senders", "ban", "x", "--reason", "x"): "x is not the id of a sender",
        ("transactions", "release", transaction["id"]): "Transaction is paid and not held",
        (
            "transactions",
            "settle",
            transaction["id"],
            "paid",
            "--reason",
            "x",
        ): "Transaction is paid and needs no settling",
        ("recipients", "retry", leg_id): "Recipient is success and is not tried again",
        ("mandates", "sign", str(uuid4())): "there is no such mandate of app",
        ("screening", "dismiss", sender_id, "--reason", "x"): "Sender has no potential sanctions match",
    }.items():
        ended = await run(*command, status=1)
        assert ended.output == ""
        assert sentence in ended.complaints, command
    assert await trail(run) == []


async def test_transactions_are_held_released_and_refused(world: World, run: Run) -> None:
    first, second = await world.transaction(ok("00")), await world.transaction(ok("00"))
    for each in (first, second):
        assert "will be held" in (await run("transactions", "mark", each["id"], "--reason", "odd")).output
        await world.debit(each)
    held = (await run("transactions", "held", app=None)).output
    assert held.count(": odd\n") == 2
    assert "overdue" not in held
    assert (await run("transactions", "release", first["id"])).output == f"transaction {first['id']} is received\n"
    refused = await run("transactions", "refuse", second["id"], "--reason", "no")
    assert refused.output == f"transaction {second['id']} is refunded\n"
    await world.drain()
    assert (await world.show(first))["state"] == "paid"
    assert (await run("transactions", "held")).output == (await run("transactions", "exceptions")).output == ""


async def test_payouts_are_settled_and_retried(world: World, run: Run) -> None:
    transaction, leg_id = await stuck(world)
    shown = (await run("recipients", "needing-people", app=None)).output
    assert f"recipient {leg_id} of app {world.app.id}  a provider may have it" in shown
    assert "NGN::Bank, 1 attempts, code 13" in shown
    assert (await run("recipients", "retry", leg_id)).output == f"recipient {leg_id} is stuck\n"
    blocked = await run("recipients", "settle", leg_id, "refunded", "--reason", "x", status=1)
    assert "A provider may have paid" in blocked.complaints
    settled = await run("recipients", "settle", leg_id, "refunded", "--reason", "asked", "--surely-unpaid")
    assert settled.output == f"recipient {leg_id} is refunded\n"
    assert (await world.show(transaction))["state"] == "refunded"
    assert (await run("recipients", "needing-people")).output == ""


async def test_mandates_are_signed(world: World, run: Run) -> None:
    await quote_rand(world)
    leg = (await world.funded(rand()))["recipients"][0]
    assert f"mandate {leg['mandate_id']} of app {world.app.id}" in (await run("mandates", "list", app=None)).output
    assert (await run("mandates", "sign", leg["mandate_id"])).output == f"mandate {leg['mandate_id']} is signed\n"
    await world.drain()
    assert len(await world.orders(leg["id"])) == 1
    other = (await world.funded(rand(bank_account="5")))["recipients"][0]["mandate_id"]
    assert "is failed" in (await run("mandates", "fail", other, "--reason", "wrong account")).output
    third = (await world.funded(rand(bank_account="6")))["recipients"][0]["mandate_id"]
    assert "is bypassed" in (await run("mandates", "bypass", third, "--reason", "an inward payment")).output
    assert (await run("mandates", "list")).output == ""


async def test_everything_else_that_staff_does_at_the_terminal_is_written_down(world: World, run: Run) -> None:
    of = str(world.app.id)
    made = json.loads((await run("apps", "create", "Acme Ltd", "--json", app=None)).output)["id"]
    await run("apps", "settings", "fee_rate=0.03", "--reason", "as agreed", "--as", "ben")
    await run("apps", "settings")
    await run("apps", "disable", made, "--reason", "unpaid", app=None)
    await run("apps", "enable", made, app=None)
    await run("balance", "top-up", "5", "USD", "--note", "statement 7")
    await run("rates", "set", "NGN", "401", app=None)
    await run("rates", "defaults", app=None)
    lines = (await trail(run))[::-1]
    assert [each["action"] for each in lines] == [
        "app.created",
        "app.settings_changed",
        "app.disabled",
        "app.enabled",
        "balance.topped_up",
        "rate.set",
        "rate.defaults_loaded",
    ]
    changed, topped_up = lines[1], lines[4]
    assert (changed["before"], changed["after"]) == ({"fee_rate": "0"}, {"fee_rate": "0.03"})
    assert (changed["actor"]["name"], changed["reason"], changed["object_id"]) == ("ben", "as agreed", of)
    assert (topped_up["details"]["amount_minor"], topped_up["reason"]) == (500, "statement 7")
    assert {each["actor"]["kind"] for each in lines} == {"staff"}
