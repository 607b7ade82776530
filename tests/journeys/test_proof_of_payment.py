"""A payout that succeeded is proven by a receipt, for whoever holds the link."""

import csv
from datetime import timedelta
from uuid import UUID, uuid4

import aiohttp

from bitpesa.ops.bookkeeping.hledger import export_hledger
from bitpesa.ops.reports import operations as reports
from bitpesa.ops.reports import queries
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.period import Cadence, period_at
from bitpesa.ops.reports.proof_of_payment import link_path, links, proof_of
from bitpesa.payments.recipients.model import Ending
from bitpesa.payments.transactions.operations.staff_settlement import settle_recipient
from bitpesa.tenants.audit_log.model import staff
from bitpesa.wiring import policy_of
from tests.journeys.test_27_pending_and_stuck import stuck
from tests.journeys.world import BEGINNING, World, ok


async def fetch(url: str, **options) -> tuple[int, str, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url, **options) as answer:
        return answer.status, answer.headers["content-type"], await answer.read()


async def test_a_paid_recipient_has_a_receipt_that_opens_by_its_link_alone(world: World) -> None:
    funded = await world.funded(ok("00", first_name="Adébáyọ̀", last_name="محمد"), external_id="T-1")
    (leg,) = funded["recipients"]
    answer = await world.client.get(f"/recipients/{leg['id']}/proof_of_payments")
    assert answer.status == 200
    (proof,) = answer.object
    assert proof == {
        "id": leg["id"],
        "file_name": f"proof_of_payment_{leg['id']}.pdf",
        "thumbnail": None,
        "url": proof["url"],
    }
    status, kind, content = await fetch(proof["url"])
    assert (status, kind) == (200, "application/pdf")
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert (await fetch(proof["url"]))[2] == content


async def test_a_link_that_was_altered_or_is_over_opens_nothing(world: World) -> None:
    funded = await world.funded(ok("00"))
    (leg,) = funded["recipients"]
    (proof,) = (await world.client.get(f"/recipients/{leg['id']}/proof_of_payments")).object
    url, other = proof["url"], str(uuid4())
    assert url.startswith(world.base_url.removesuffix("/v1") + f"/files/proofs/{world.app.id}/{leg['id']}.pdf?")
    for wrong in (url[:-1], url.partition("?")[0], url.replace(leg["id"], other), url.replace(leg["id"], "x")):
        assert (await fetch(wrong))[0] == 403
    path = link_path(world.app.id, UUID(other))
    query = links(world.platform.settings.master_keys).query(path, BEGINNING + timedelta(hours=1))
    assert (await fetch(f"{world.base_url.removesuffix('/v1')}{path}?{query}"))[0] == 404
    await world.advance(minutes=59)
    assert (await fetch(url))[0] == 200
    await world.advance(minutes=1)
    assert (await fetch(url))[0] == 403


async def test_what_was_not_paid_has_no_receipt(world: World) -> None:
    funded = await world.funded(ok("19"), ok("01"))
    for leg in funded["recipients"]:
        answer = await world.client.get(f"/recipients/{leg['id']}/proof_of_payments")
        assert (answer.status, answer.body) == (200, {"object": []})
    _, other = await world.open_app()
    assert (await other.get(f"/recipients/{leg['id']}/proof_of_payments")).status == 404
    assert (await world.client.get("/recipients/nobody/proof_of_payments")).status == 404


async def told(world: World, leg: str) -> dict[str, str]:
    """What the proof of a recipient says."""
    async with world.platform.database.reading() as conn:
        found = await proof_of(conn, world.app.id, UUID(leg))
    assert found is not None
    return dict(found.lines)


async def test_a_proof_names_the_reference_that_the_rail_knows_and_who_confirmed_it(world: World) -> None:
    funded = await world.funded(ok("00"))
    leg = funded["recipients"][0]["id"]
    (order,) = await world.orders(leg)
    lines = await told(world, leg)
    assert lines["Rail reference"] == f"{order.reference} at simulator"
    assert lines["Confirmed by"] == "simulator"
    assert (lines["Amount paid in"], lines["Amount paid out"]) == ("25.00 USD", "10,000 NGN")


async def test_what_support_settled_is_not_told_as_the_providers_word(world: World) -> None:
    payment, leg = await stuck(world)
    await world.platform.database.run(
        settle_recipient,
        world.app,
        UUID(leg),
        Ending.PAID,
        actor=staff("amina@operator.example"),
        reason="the bank's letter",
        policy=policy_of(world.platform.settings, "sandbox"),
    )
    lines = await told(world, leg)
    assert lines["Confirmed by"] == "support, by hand"
    assert "amina" not in str(lines)
    report = await world.platform.database.run(
        reports.make, world.app.id, ReportType.TRANSACTION, period_at(Cadence.MONTHLY, await world.now())
    )
    content = b"".join([piece async for piece in queries.pieces(world.platform.database, report)]).decode()
    rows = {row["recipient_id"]: row for row in csv.DictReader(content.splitlines())}
    assert (rows[leg]["state"], rows[leg]["settled_by"]) == ("success", "support")
    async with world.platform.database.reading() as conn:
        journal = "".join([text async for text in export_hledger(conn, "sandbox")])
    assert f"reference:{leg}, settled-by:support" in journal
    assert journal.count("settled-by:support") == 2, "the settlement and the payout, not the debit"
    assert payment["id"]
