"""Clients learn of what staff did that it happened, in neutral words: never who did it, why, or that a list was asked.

Everything that staff can do is done here, each time with the word `zebrafish` in every name and reason that is given.
Then everything that clients can read is read: each page of the portal, each answer of the API, each event and webhook,
each report, proof and mail.
"""

import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID, uuid4

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.pool import Work
from bitpesa.onboarding import operations as onboarding
from bitpesa.ops.reports import operations as reports
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.period import Cadence, period_at
from bitpesa.ops.reports.proof_of_payment import proof_of
from bitpesa.payments.compliance.senders import review_sender
from bitpesa.payments.recipients.model import Ending
from bitpesa.payments.senders.model import Decision
from bitpesa.payments.transactions.operations import review
from bitpesa.payments.transactions.operations.staff_exceptions import WayOut, settle_exception
from bitpesa.payments.transactions.operations.staff_settlement import settle_recipient
from bitpesa.tenants.audit_log import model as trail
from bitpesa.tenants.audit_log.acts import acts
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.queries import list_page
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import policy_of
from tests.journeys.conftest import world
from tests.journeys.test_27_pending_and_stuck import stuck
from tests.journeys.world import PERSON, World, ok
from tests.web.backoffice.furnished import Furnished, furnish
from tests.web.backoffice.officers import ADMINISTRATOR, at_work, officer
from tests.web.kit.visiting import Browser, signed_in

__all__ = ["world"]

WORD = "zebrafish"
WHY = f"{WORD}: on a sanctions list, see the screening note"
OFFICER = f"{WORD}@operator.example"
OF_STAFF = trail.staff(OFFICER, uuid4())
TELLING = re.compile(rf"{WORD}|sanction|screening|ofac|compliance|fee_rate|money launder", re.IGNORECASE)
"""What no client may read: what staff wrote, whom they asked, and the margin that they set."""


async def done_by_staff(world: World, there: Furnished) -> set[str]:
    """Do by hand all that keeps a word beside the trail as well; answers which acts that was."""
    clerk = await officer(world.platform, ADMINISTRATOR, email=OFFICER)
    other = await officer(world.platform, ADMINISTRATOR, email=f"second-{OFFICER}")
    async with at_work(world.platform, user=clerk) as browser, at_work(world.platform, user=other) as second:
        await browser.get("/office")
        await second.get("/office")
        await _decide(browser, there)
        await _move(browser, second, world.app)
        await _settle(browser, world, there)
        await _switch(browser, world)
    await _by_operations(world)
    await _go_live(world)
    async with world.platform.database.reading() as conn:
        entries, _ = await list_page(conn, trail.Filters(actor_kind=trail.ActorKind.STAFF), limit=1000)
    return {entry.action for entry in entries if WORD in entry.actor.name}


async def _post(browser: Browser, path: str, **fields: str) -> None:
    answer = await browser.post(path, **fields)
    assert answer.status == 303, (path, answer.words[:300])


async def _decide(browser: Browser, there: Furnished) -> None:
    path = there.paths["sender"]
    await _post(browser, f"{path}/dismiss", reason=WHY)
    for decision in ("ask", "reject", "reinstate", "ban", "reinstate"):
        await _post(browser, path, decision=decision, reason=WHY)
    await _post(browser, f"{there.paths['held transaction']}/refuse", reason=WHY)


async def _move(browser: Browser, second: Browser, app: App) -> None:
    path = f"/office/balances/{app.id}"
    fields = {"currency": "USD", "reason": WHY}
    today = date.today().isoformat()  # noqa: DTZ011 - a value date lies near the real today, wherever that is
    for number, (direction, amount) in enumerate(
        (("deposit", "12.34"), ("withdrawal", "1.23"), ("deposit", "77777.77"), ("withdrawal", "1001"))
    ):
        line = {"bank_reference": f"FT-{number}", "value_date": today}
        await _post(browser, path, direction=direction, amount=amount, **line, **fields)
    page = await second.get("/office/balances")
    waiting = set(re.findall(rf"{path}/([0-9a-f-]+)/refuse", page.text + (await second.get(path)).text))
    assert waiting
    for each in waiting:
        await _post(second, f"{path}/{each}/refuse", reason=WHY)


async def _settle(browser: Browser, world: World, there: Furnished) -> None:
    payout = f"/office/payouts/{world.app.id}/{there.leg_id}"
    await _post(browser, f"{payout}/retry", reason=WHY)
    await _post(browser, f"{payout}/settle", ending="paid", reason=WHY)
    await _post(browser, f"/office/mandates/{world.app.id}/{there.unsigned}", status="failed", reason=WHY)
    await _post(browser, f"/office/transactions/{world.app.id}/{there.surplus['id']}/return", reason=WHY)
    released = await world.transaction(ok("00"), external_id="T-R")
    path = f"/office/transactions/{world.app.id}/{released['id']}"
    await _post(browser, f"{path}/mark", reason=WHY)
    await world.debit(released)
    await _post(browser, f"{path}/release", reason=WHY)


async def _switch(browser: Browser, world: World) -> None:
    path = f"/office/apps/{world.app.id}"
    await _post(browser, f"{path}/settings", name="fee_rate", value="0.031")
    await _post(browser, f"{path}/shut-out", become="disabled", reason=WHY)
    await _post(browser, f"{path}/shut-out", become="enabled", reason=WHY)


async def _go_live(world: World) -> None:
    """Staff answer a request for live access; what they write there is meant for the client, and is in its words."""
    run, vault, mine = world.platform.database.run, world.platform.vault, world.app
    ask = onboarding.ask_for_live
    await run(ask, mine.organisation_id, mine, actor=trail.user("ada@example.com"), reason="in a hurry")
    await run(onboarding.give_back, vault, mine.organisation_id, actor=OF_STAFF, answer="handle failures, please")
    await run(ask, mine.organisation_id, mine, actor=trail.user("ada@example.com"), reason="done")
    await run(onboarding.approve, vault, mine.organisation_id, actor=OF_STAFF, answer="welcome")


async def _by_operations(world: World) -> None:
    """What the office reaches by states that take long to get into."""
    run, policy = world.platform.database.run, policy_of(world.platform.settings, world.app.environment)
    for ending, code in ((Ending.FAILED, "41"), (Ending.REFUNDED, None)):
        _, leg = await stuck(world)
        await run(
            settle_recipient, world.app, UUID(leg), ending,
            actor=OF_STAFF, reason=WHY, policy=policy, code=code, surely_unpaid=True,
        )  # fmt: skip
    for way_out in WayOut:
        failed = await _exception(world)
        await run(
            settle_exception, world.app, UUID(failed["id"]), way_out,
            actor=OF_STAFF, reason=WHY, policy=policy, surely_unpaid=True,
        )  # fmt: skip
    sender = (await world.client.post("/senders", {"sender": {**PERSON, "external_id": "S-77"}})).object
    await run(review_sender, world.app, UUID(sender["id"]), Decision.REJECT, actor=OF_STAFF, reason=WHY)
    marked = await world.transaction(ok("00"), external_id="T-M")
    await run(review.mark_for_review, world.app, UUID(marked["id"]), actor=OF_STAFF, reason=WHY)
    await world.debit(marked)
    await world.drain()


async def _exception(world: World) -> dict[str, Any]:
    """A payment that failed unexpectedly."""
    made = await world.funded(ok("41"))
    async with world.platform.database.reading() as conn:
        await conn.execute(
            "update recipients set state = 'exception', attempt_due_at = null where transaction_id = $1",
            UUID(made["id"]),
        )
        await conn.execute("update transactions set state = 'exception' where id = $1", UUID(made["id"]))
    return made


async def write_the_rest(world: World, there: Furnished, done: set[str]) -> None:
    """Every other act that the trail knows, as staff would write it of the client."""

    async def write(work: Work) -> None:
        for app in (world.app, there.checked):
            for action in set(acts()) - done:
                await record(
                    work.conn,
                    actor=OF_STAFF,
                    action=action,
                    object_type="Account",
                    object_id="USD",
                    organisation_id=app.organisation_id,
                    app_id=app.id,
                    reason=WHY,
                    before={"fee_rate": WORD},
                    after={"fee_rate": WHY},
                    details={"note": WHY},
                )

    await world.platform.database.run(write)


async def pages(browser: Browser) -> AsyncIterator[tuple[str, str]]:
    """Every page of the portal that can be reached by links, and its text with all marks."""
    waiting, seen = ["/portal"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 400:
            continue
        seen.add(path)
        page = await browser.get(path, follow=True)
        yield path, page.text
        for link in re.findall(r'(?:href|hx-get)="([^"#]+)"', page.text):
            there = urlsplit(urljoin(browser.root + page.path, link.replace("&amp;", "&")))
            if (
                f"{there.scheme}://{there.netloc}" == browser.root
                and there.path.startswith("/portal")
                and not re.search("/receipt|/documents/", there.path)
            ):
                waiting.append(there.path + (f"?{there.query}" if there.query else ""))


async def answers(client: Any) -> AsyncIterator[tuple[str, str]]:
    """What the API answers about all that there is, one by one as well."""
    lists = (
        "senders transactions recipients payout_methods documents accounts accounts/debits webhooks api_logs mandates"
    )
    for name in f"{lists} webhooks/logs payin_methods reports".split():
        answer = await client.get(f"/{name}?per=100")
        yield name, str(answer.body)
        found = answer.body.get("object") if isinstance(answer.body, dict) else None
        for each in found if isinstance(found, list) else []:
            if isinstance(each, dict) and each.get("id"):
                yield f"{name}/{each['id']}", str((await client.get(f"/{name}/{each['id']}")).body)


async def rows(world: World, query: str) -> list[str]:
    async with world.platform.database.reading() as conn:
        return [str(row[0]) for row in await conn.fetch(query)]


async def _reports(world: World) -> AsyncIterator[tuple[str, str]]:
    period = period_at(Cadence.MONTHLY, await world.now())
    for type_ in ReportType:
        await world.platform.database.run(reports.make, world.app.id, type_, period)
    async with world.platform.database.reading() as conn:
        for row in await conn.fetch("select convert_from(content, 'UTF8') as text from report_pieces"):
            yield "report", row["text"]


async def _proofs(world: World) -> AsyncIterator[tuple[str, str]]:
    async with world.platform.database.reading() as conn:
        for row in await conn.fetch("select app_id, id from recipients where state = 'success'"):
            yield "proof", str(await proof_of(conn, row["app_id"], row["id"]))


async def _mails(world: World) -> AsyncIterator[tuple[str, str]]:
    vault: Vault = world.platform.vault
    async with world.platform.database.reading() as conn:
        for row in await conn.fetch("select subject, sealed_text from mails where sealed_text is not null"):
            yield "mail", f"{row['subject']} {vault.open(row['sealed_text'])}"


async def told(world: World, there: Furnished) -> AsyncIterator[tuple[str, str]]:
    """Everything that a client can read, and what it is."""
    async for name, text in _mails(world):
        yield name, text
    await world.drain()
    for app in (world.app, there.checked):
        async with signed_in(world.platform, app.organisation_id) as browser:
            async for path, text in pages(browser):
                yield path, text
    async for name, text in answers(world.client):
        yield name, text
    for each in await rows(world, "select payload::text from events"):
        yield "event", each
    for received in world.receiver.received:
        yield "webhook", str(received.body)
    async for name, text in _reports(world):
        yield name, text
    async for name, text in _proofs(world):
        yield name, text


async def test_clients_read_nothing_of_what_staff_wrote(world: World) -> None:
    there = await furnish(world)
    done = await done_by_staff(world, there)
    assert done >= {
        *(f"sender.{each.done}" for each in Decision if each is not Decision.APPROVE),
        *(f"recipient.{each}" for each in Ending),
        *(f"transaction.exception_{each}" for each in WayOut),
        *"transaction.marked_for_review transaction.released transaction.refused transaction.money_returned".split(),
        *"sender.hits_dismissed deposit.made deposit.proposed deposit.refused withdrawal.made".split(),
        *"mandate.failed recipient.retried app.settings_changed app.disabled app.enabled".split(),
        *"live_request.returned live_request.approved".split(),
    }
    await write_the_rest(world, there, done)
    seen = dict[str, int]()
    found = list[str]()
    async for name, text in told(world, there):
        seen[name] = seen.get(name, 0) + 1
        found += [
            f"{name}: ...{text[max(each.start() - 60, 0) : each.end() + 60]}..." for each in TELLING.finditer(text)
        ]
    assert found == []
    assert len([name for name in seen if name.startswith("/portal")]) > 40
    assert {"event", "webhook", "report", "proof", "mail", "api_logs"} <= set(seen)


async def test_clients_read_that_support_did_something(world: World) -> None:
    there = await furnish(world)
    await write_the_rest(world, there, set())
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        shown = ""
        async for path, text in pages(browser):
            shown += text if "audit" in path else ""
    wanted = {act.client_wording for act in acts().values() if act.client_wording}
    assert {each for each in wanted if each not in shown} == set()
    assert "Support" in shown
