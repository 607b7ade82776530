import asyncio
from typing import Any
from uuid import UUID

import pytest

from bitpesa.kernel.crypto.encryption import Vault, new_master_key
from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.problems import Invalid
from bitpesa.onboarding import operations, queries
from bitpesa.onboarding.model import LiveRequest, RequestState
from bitpesa.tenants.audit_log import queries as audit_trail
from bitpesa.tenants.audit_log.model import Filters, staff, user
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import queries as organisation_queries
from bitpesa.tenants.organisations.model import App

ADA = user("ada@example.com")
BEN = staff("Ben")
VAULT = Vault([new_master_key()])


async def newcomer(database: Database) -> App:
    async def make(work: Any) -> App:
        organisation = await organisations.create_organisation(work, "Nairobi Exports")
        return await organisations.create_app(work, organisation.id, "sandbox")

    return await database.run(make)


async def ask(database: Database, app: App, reason: str = "we never cancel") -> LiveRequest:
    return await database.run(operations.ask_for_live, app.organisation_id, app, actor=ADA, reason=reason)


async def apps(database: Database, organisation_id: UUID) -> list[str]:
    async with database.reading() as conn:
        return [app.environment for app in await organisation_queries.list_apps(conn, organisation_id)]


async def test_a_newcomer_has_passed_nothing_and_asks_with_a_reason(database: Database) -> None:
    app = await newcomer(database)
    progress = await database.run(operations.note_progress, app.organisation_id, app)
    assert (progress.ticks, progress.request) == ({}, None)
    with pytest.raises(Invalid) as refusal:
        await ask(database, app, "  ")
    assert refusal.value.object["errors"] == {"reason": [{"error": "blank"}]}
    asked = await ask(database, app)
    assert (asked.state, asked.reason, asked.asked_by) == (RequestState.WAITING, "we never cancel", "ada@example.com")
    assert await apps(database, app.organisation_id) == ["sandbox"]


async def test_of_two_who_ask_at_once_one_is_told_that_it_was_asked_already(database: Database) -> None:
    app = await newcomer(database)
    answers = await asyncio.gather(ask(database, app), ask(database, app), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["Invalid", "LiveRequest"]


async def test_approval_opens_the_live_app_once(database: Database) -> None:
    app = await newcomer(database)
    await ask(database, app)
    decided, live = await database.run(operations.approve, VAULT, app.organisation_id, actor=BEN)
    assert (decided.state, decided.decided_by, live.environment) == (RequestState.APPROVED, "Ben", "live")
    assert await apps(database, app.organisation_id) == ["sandbox", "live"]
    with pytest.raises(Invalid):
        await database.run(operations.approve, VAULT, app.organisation_id, actor=BEN)
    with pytest.raises(Invalid):
        await ask(database, app)


async def test_a_returned_request_says_why_and_can_be_made_again(database: Database) -> None:
    app = await newcomer(database)
    await ask(database, app)
    with pytest.raises(Invalid):
        await database.run(operations.give_back, VAULT, app.organisation_id, actor=BEN, answer=" ")
    await database.run(operations.give_back, VAULT, app.organisation_id, actor=BEN, answer="Show a refund")
    async with database.reading() as conn:
        progress = await queries.progress(conn, app.organisation_id)
        assert await queries.waiting(conn) == []
    assert progress.request is not None
    assert (progress.request.state, progress.request.answer) == (RequestState.RETURNED, "Show a refund")
    await ask(database, app)
    async with database.reading() as conn:
        assert [each.organisation_id for each in await queries.waiting(conn)] == [app.organisation_id]


async def test_every_step_is_in_the_audit_trail(database: Database) -> None:
    app = await newcomer(database)
    await ask(database, app)
    await database.run(operations.give_back, VAULT, app.organisation_id, actor=BEN, answer="Show a refund")
    async with database.reading() as conn:
        found, _ = await audit_trail.list_page(
            conn, Filters(organisation_id=app.organisation_id, object_type="LiveRequest"), limit=10, offset=0
        )
    assert [(each.action, each.actor.name, each.reason) for each in found] == [
        ("live_request.returned", "Ben", "Show a refund"),
        ("live_request.asked", "ada@example.com", "we never cancel"),
    ]


async def test_whoever_asked_is_told_by_mail(database: Database) -> None:
    app = await newcomer(database)
    await ask(database, app)
    await database.run(operations.give_back, VAULT, app.organisation_id, actor=BEN, answer="Show a refund")
    async with database.reading() as conn:
        (sent,) = await conn.fetch("select recipient, subject, sealed_text from mails")
    assert (sent["recipient"], sent["subject"]) == ("ada@example.com", "Your request for live access")
    assert VAULT.open(sent["sealed_text"]) == "Your request for live access is returned.\n\nShow a refund\n"
