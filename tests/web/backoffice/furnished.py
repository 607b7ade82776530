"""A world in which every page of the office has something to show, with hostile texts wherever clients may write."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.ops.bookkeeping.integrity_runs import run_audit
from bitpesa.payments.compliance import sanction_lists
from bitpesa.payments.screening.list_files import read_file
from bitpesa.payments.transactions.operations import review
from bitpesa.tenants.audit_log.model import staff
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import User
from tests.journeys.collecting import XOF, collection, pays
from tests.journeys.test_09_documents import PNG, data_uri
from tests.journeys.test_27_pending_and_stuck import stuck
from tests.journeys.test_mandates import quote_rand, rand
from tests.journeys.world import BEGINNING, PERSON, World, ok
from tests.web.backoffice.officers import ADMINISTRATOR, at_work
from tests.web.kit.visiting import enrolled_user, join

SHOUT = "<script>alert(1)</script>"
QUOTES = "\"'><img src=x onerror=alert(1)>"

PASSPORT = {"upload": data_uri(PNG, "image/png"), "upload_file_name": f"passport {QUOTES}.png"}


class Furnished(msgspec.Struct):
    """What there is, and the pages that show it, by name."""

    checked: App
    waiting: dict[str, Any]
    held: dict[str, Any]
    stuck: dict[str, Any]
    leg_id: str
    unsigned: str
    surplus: dict[str, Any]
    user: User
    movement: UUID
    paths: dict[str, str]


async def furnish(world: World) -> Furnished:
    """Send payments, hold one, let one get stuck, propose a movement, and have a sender wait for its KYC."""
    stuck_one, leg_id = await stuck(world)
    checked, client = await world.open_app(kyc_mode="documents")
    person = {**PERSON, "external_id": "S-9", "first_name": SHOUT, "last_name": QUOTES, "documents": [PASSPORT]}
    waiting = (await client.post("/senders", {"sender": person})).object
    details = {"first_name": SHOUT, "last_name": QUOTES, "street": SHOUT}
    held = await world.transaction(ok("00", **details), external_id=f"T-{SHOUT}")
    await world.platform.database.run(
        review.mark_for_review, world.app, UUID(held["id"]), actor=staff("amina"), reason=f"odd {SHOUT}"
    )
    await world.debit(held)
    await quote_rand(world)
    unsigned = (await world.funded(rand()))["recipients"][0]["mandate_id"]
    surplus = await _surplus(world)
    await _find_somebody_like(world, checked, waiting)
    _, audit_id = await run_audit(world.platform.database, staff(SHOUT))
    user = await enrolled_user(world.platform, name=f"Ada {SHOUT}")
    await join(world.platform, user, world.app.organisation_id)
    movement = await _propose(world)
    return Furnished(
        checked=checked,
        waiting=waiting,
        held=held,
        stuck=stuck_one,
        leg_id=leg_id,
        unsigned=unsigned,
        surplus=surplus,
        user=user,
        movement=movement,
        paths=_paths(world, checked, waiting, held, stuck_one, user) | {"audit": f"/office/books/audits/{audit_id}"},
    )


async def _surplus(world: World) -> dict[str, Any]:
    """A collection whose payer paid twice."""
    transaction = await collection(world, [ok("00")], XOF)
    for _ in range(2):
        await pays(world, transaction, transaction["input_amount"])
    return transaction


async def _find_somebody_like(world: World, app: App, sender: dict[str, Any]) -> None:
    """A hit as screening would keep it, with the texts of a list that nobody looked through."""

    file = read_file(f"id,schema,name,aliases\nX-1,Person,{SHOUT},\n".encode(), f"{SHOUT}.csv")

    async def make(work: Any) -> None:
        await sanction_lists.load_list(work, "ofac", file, actor=staff(SHOUT), sandbox_only=False)
        await work.conn.execute(
            "insert into screening_hits (app_id, sender_id, list, uid, screened_name, listed_name, score, decisive,"
            " reasons, programme, found_at) values ($1, $2, 'ofac', 'X-1', $3, $4, 88, false, $5, 'SDGT', $6)",
            app.id,
            UUID(sender["id"]),
            f"{SHOUT} {QUOTES}",
            QUOTES,
            [f"names are like {SHOUT}"],
            BEGINNING,
        )

    await world.platform.database.run(make)


async def _propose(world: World) -> UUID:
    async with at_work(world.platform, ADMINISTRATOR) as browser:
        await browser.get(f"/office/balances/{world.app.id}")
        sent = await browser.post(
            f"/office/balances/{world.app.id}",
            direction="deposit",
            amount="50000",
            currency="USD",
            bank_reference=f"FT {SHOUT}",
            value_date=datetime.now(UTC).date().isoformat(),
            reason=f"invoice {SHOUT}",
        )
        assert sent.location == f"/office/balances/{world.app.id}?done=proposed", sent.words
        proposed = await browser.post("/office/rates/XOF", units="655957", quoted="units")
        assert proposed.location == "/office/rates/XOF?done=proposed", proposed.words
    async with world.platform.database.reading() as conn:
        found: UUID = await conn.fetchval("select id from movements where app_id = $1", world.app.id)
    return found


def _paths(world: World, checked: App, waiting: Any, held: Any, stuck: Any, user: User) -> dict[str, str]:
    return {
        "home": "/office",
        "senders": "/office/senders",
        "hits": "/office/senders/hits",
        "sender": f"/office/senders/{checked.id}/{waiting['id']}",
        "held": "/office/held",
        "exceptions": "/office/exceptions",
        "payouts": "/office/payouts",
        "held transaction": f"/office/transactions/{world.app.id}/{held['id']}",
        "stuck transaction": f"/office/transactions/{world.app.id}/{stuck['id']}",
        "mandates": "/office/mandates",
        "surplus": "/office/surplus",
        "organisations": "/office/organisations",
        "organisation": f"/office/organisations/{world.app.organisation_id}",
        "app": f"/office/apps/{world.app.id}",
        "users": "/office/users",
        "user": f"/office/users/{user.id}",
        "movements": "/office/balances",
        "balances": f"/office/balances/{world.app.id}",
        "rates": "/office/rates",
        "rate": "/office/rates/NGN",
        "rate that is proposed": "/office/rates/XOF",
        "lists": "/office/lists",
        "audits": "/office/books/audits",
        "books": "/office/books",
        "books of an app": f"/office/books/{world.app.id}",
        "account": f"/office/books/{world.app.id}/balance/USD",
        "trail": "/office/trail",
        "staff": "/office/staff",
        "account of one's own": "/office/account",
        "confirm": "/office/confirm",
    }
