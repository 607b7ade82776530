"""How the signing of a mandate ends, by the word of staff; what waits for it goes on (flows 4.6)."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.payments.mandates import queries
from bitpesa.payments.mandates.model import Mandate, MandateStatus
from bitpesa.payments.recipients.rules import RetryPolicy
from bitpesa.payments.transactions.operations.mandates import end_signing, follow_mandate
from bitpesa.rails.providers.registry import Providers
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters, staff
from tests.journeys.serving import serving
from tests.journeys.test_mandates import IN_PROGRESS, only_leg, quote_rand, rand
from tests.journeys.world import PERSON, World

AMINA = staff("amina")
FUNDED = ["transaction.created", "transaction.paid_in", "recipient.pending"]


@pytest.fixture
async def zar(world: World) -> World:
    await quote_rand(world)
    return world


async def end(world: World, mandate_id: str, status: str, reason: str | None = "told by phone") -> Mandate:
    run, wanted = world.platform.database.run, MandateStatus(status)
    ended: Mandate = await run(end_signing, world.app, UUID(mandate_id), wanted, actor=AMINA, reason=reason)
    await run(follow_mandate, world.app, ended, policy=RetryPolicy())
    await world.drain()
    return ended


async def unsigned(world: World) -> list[tuple[str, str]]:
    async with world.platform.database.reading() as conn:
        found, total = await queries.unsigned(conn, limit=10)
        assert (found, total) == await queries.unsigned(conn, world.app.id, limit=10)
    return [(str(each.id), each.status) for each in found]


async def status_of(world: World, mandate_id: str) -> tuple[str, bool]:
    """What a client sees of a mandate."""
    shown = (await world.client.get(f"/mandates/{mandate_id}")).object
    assert shown["id"] == mandate_id
    return shown["status"], shown["signed_at"] is not None


@pytest.mark.parametrize("status", ["signed", "bypassed"])
async def test_what_waits_is_paid_once_it_is_signed_or_bypassed(zar: World, status: str) -> None:
    funded = await zar.funded(rand())
    (leg,) = funded["recipients"]
    mandate_id = leg["mandate_id"]
    assert await unsigned(zar) == [(mandate_id, "pending")]
    assert await status_of(zar, mandate_id) == ("pending", False)
    await end(zar, mandate_id, status)
    assert await status_of(zar, mandate_id) == (status, status == "signed")
    assert await unsigned(zar) == []
    assert len(await zar.orders(leg["id"])) == 1
    again = await zar.funded(rand(500))
    assert (again["recipients"][0]["mandate_id"], len(await zar.orders(again["recipients"][0]["id"]))) == (
        mandate_id,
        1,
    )
    async with zar.platform.database.reading() as conn:
        ((entry,), _) = await trail.list_page(conn, Filters(object_type="Mandate"), limit=10)
    assert (entry.action, entry.before, entry.after) == (
        f"mandate.{status}",
        {"status": "pending"},
        {"status": status},
    )


async def test_what_waits_fails_when_the_signing_does_and_an_edit_asks_anew(zar: World) -> None:
    funded = await zar.funded(rand())
    (leg,) = funded["recipients"]
    await end(zar, leg["mandate_id"], "failed")
    failed = await only_leg(zar, funded)
    assert (failed["state"], failed["state_reason_details"]["code"]) == ("error", "433")
    assert (failed["editable"], failed["may_cancel"]) == (True, True)
    assert zar.events(funded["id"]) == [*FUNDED, "recipient.error", "transaction.error"]
    assert await status_of(zar, leg["mandate_id"]) == ("failed", False)
    assert await zar.orders(leg["id"]) == []

    change = {"recipient": {"payout_method": {"details": {"bank_account": "987654321"}}}}
    assert (await zar.client.patch(f"/recipients/{leg['id']}", change)).status == 200
    await zar.drain()
    edited = await only_leg(zar, funded)
    assert (edited["state"], edited["mandate_id"] != leg["mandate_id"]) == ("pending", True)
    await end(zar, edited["mandate_id"], "signed", None)
    assert len(await zar.orders(leg["id"])) == 1


async def test_a_retry_after_a_failed_signing_asks_for_a_new_one(zar: World) -> None:
    funded = await zar.funded(rand(), traits={"auto_refund": False})
    (leg,) = funded["recipients"]
    await end(zar, leg["mandate_id"], "failed")
    await zar.advance(hours=2)
    await zar.drain()
    waiting = await only_leg(zar, funded)
    assert (waiting["state"], waiting["mandate_id"] != leg["mandate_id"]) == ("pending", True)


async def test_a_signing_ends_once(zar: World) -> None:
    mandate_id = (await zar.funded(rand()))["recipients"][0]["mandate_id"]
    for status in ("failed", "bypassed"):
        with pytest.raises(Invalid):
            await end(zar, mandate_id, status, None)
    await end(zar, mandate_id, "signed")
    await end(zar, mandate_id, "signed")
    for status in ("failed", "bypassed"):
        with pytest.raises(Invalid) as refusal:
            await end(zar, mandate_id, status)
        assert refusal.value.object["errors"] == {"base": [{"error": "Mandate is signed already"}]}
    assert await status_of(zar, mandate_id) == ("signed", True)
    with pytest.raises(NotFound):
        await end(zar, str(uuid4()), "signed")
    async with zar.platform.database.reading() as conn:
        _, total = await trail.list_page(conn, Filters(object_type="Mandate"), limit=10)
    assert total == 1


async def test_somebody_elses_mandate_is_not_there(zar: World) -> None:
    mandate_id = (await zar.funded(rand()))["recipients"][0]["mandate_id"]
    other, client = await zar.open_app()
    assert (await client.get(f"/mandates/{mandate_id}")).status == 404
    run: Any = zar.platform.database.run
    with pytest.raises(NotFound):
        await run(end_signing, other, UUID(mandate_id), MandateStatus.SIGNED, actor=AMINA)


async def test_a_live_mandate_is_shown_and_signed_by_staff(zar: World) -> None:
    """On live nobody but staff can sign: the sandbox's switch is not there."""
    live, _ = await zar.open_app("live", kyc_mode="waived", mandate_required=True)
    bank = zar.platform.providers.for_payout("ZAR::Bank", "sandbox")
    zar.app, asked = live, {"transaction": {"input_currency": "USD", "sender": PERSON, "recipients": [rand()]}}
    providers = Providers(named={("live", "ZAR::Bank"): bank})
    async with serving(zar, app=live, providers=providers) as client:
        refused = await client.post("/transactions/validate", asked)
        assert refused.object["errors"] == IN_PROGRESS
        mandate_id = refused.object["recipients"][0]["mandate_id"]
        shown = await client.get(f"/mandates/{mandate_id}")
        assert (shown.status, shown.object["status"]) == (200, "pending")
        assert (await client.post(f"/sandbox/mandates/{mandate_id}/sign")).status == 404
        await end(zar, mandate_id, "signed")
        assert (await client.get(f"/mandates/{mandate_id}")).object["status"] == "signed"
        valid = await client.post("/transactions/validate", asked)
        assert (valid.status, valid.object["errors"]) == (200, {})
