"""Senders are looked up on the sanction lists after they were created, when they change, and when a list does."""

from base64 import b64encode
from typing import Any
from uuid import UUID

from bitpesa.audit_trail.model import staff
from bitpesa.cli.client import Client
from bitpesa.organisations.model import App
from bitpesa.screening import operations as screening
from bitpesa.screening import queries
from bitpesa.screening.list_files import read_file
from bitpesa.screening.model import Hit
from bitpesa.senders import operations as senders
from bitpesa.senders import queries as sender_queries
from bitpesa.senders.operations import screen_everybody
from bitpesa.transactions.operations import sanction_lists
from bitpesa.transactions.screening import Screener
from bitpesa.wiring import screening_thresholds
from tests.journeys.world import PERSON, World, ok
from tests.screening.optional import needs_rigour

LISTED = {
    "first_name": "Zebulon",
    "middle_name": "Quartermaine",
    "last_name": "Vex",
    "birth_date": "1961-05-17",
}
PNG_URI = "data:image/png;base64," + b64encode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100)).decode()
WHY = "Sender could not be approved"

HEADER = "id,schema,name,aliases,birth_date,countries,sanctions\n"


async def load(world: World, text: str | None = None, *, sandbox_only: bool = False) -> None:
    """The operator loads a list; the sandbox's own when none is given."""

    async def work(work: Any) -> None:
        if text is None:
            await screening.load_sample(work)
        else:
            file = read_file((HEADER + text).encode(), "test.csv")
            await screening.load_list(work, "test", file, loaded_by="amina", sandbox_only=sandbox_only)
        await screen_everybody(work)

    await world.platform.database.run(work)


async def hits(world: World, app: App, sender: dict[str, Any]) -> list[Hit]:
    async with world.platform.database.reading() as conn:
        return await queries.hits_of(conn, app.id, UUID(sender["id"]))


async def open_b(world: World, **changes: Any) -> tuple[App, Client]:
    app, b = await world.open_app(**{"kyc_mode": "approval", **changes})
    await world.listen_to(b)
    return app, b


async def post(client: Client, **changes: Any) -> dict[str, Any]:
    created = await client.post("/senders", {"sender": {**PERSON, **changes}})
    assert created.status == 201, created.body
    return created.object


async def show(client: Client, sender: dict[str, Any]) -> dict[str, Any]:
    return (await client.get(f"/senders/{sender['id']}")).object


async def states(client: Client, made: list[dict[str, Any]]) -> list[str]:
    return [(await show(client, sender))["state"] for sender in made]


async def retire(world: World, name: str) -> None:
    await world.platform.database.run(sanction_lists.retire_list, name, actor=staff("amina"), reason="a mistake")


async def open_hits(world: World) -> int:
    async with world.platform.database.reading() as conn:
        return (await queries.open_hits(conn, limit=1))[1]


async def test_a_sender_that_no_list_knows_is_verified_and_waits_for_approval(world: World) -> None:
    await load(world)
    app, b = await open_b(world)
    sender = await post(b)
    assert sender["state"] == "initial"
    await world.drain()
    assert (await show(b, sender))["state"] == "verified"
    assert world.events(sender["id"]) == ["sender.created"]
    assert await hits(world, app, sender) == []
    asked = {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}
    held = (await b.post("/transactions", {"transaction": asked})).object
    assert held["state"] == "initial"
    await world.approve_sender(sender["id"], app)
    await world.drain()
    assert (await b.get(f"/transactions/{held['id']}")).object["state"] == "approved"
    assert world.events(sender["id"]) == ["sender.created", "sender.approved"]


async def test_a_sender_that_a_list_knows_is_rejected_and_the_operator_sees_why(world: World) -> None:
    await load(world)
    app, b = await open_b(world, kyc_mode="documents")
    sender = await post(b, **LISTED, documents=[{"upload": PNG_URI, "upload_file_name": "passport.png"}])
    await world.drain()
    shown = await show(b, sender)
    assert (shown["state"], shown["state_reason"]) == ("rejected", WHY)
    assert world.events(sender["id"]) == ["sender.created", "sender.rejected"]
    (hit,) = await hits(world, app, sender)
    assert (hit.list, hit.uid, hit.score, hit.decisive) == ("sample", "sample-1", 100, True)
    assert hit.reasons == ("the same name: Zebulon Quartermaine Vex", "the same birth date")
    refused = await b.post(
        "/transactions",
        {"transaction": {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}},
    )
    assert refused.object["sender"]["errors"] == {"base": [{"error": "Sender is rejected"}]}

    await world.review_sender(sender["id"], "reinstate", app, "a namesake")  # staff know better
    await load(world, "x,Person,Somebody Else,,,,\n")
    await world.drain()
    assert (await show(b, sender))["state"] == "approved"
    assert world.events(sender["id"]) == ["sender.created", "sender.rejected", "sender.approved"]


async def test_a_doubtful_likeness_is_left_to_the_operator(world: World) -> None:
    await load(world)
    app, b = await open_b(world)
    sender = await post(b, **{**LISTED, "birth_date": "1990-01-01"})
    await world.drain()
    assert (await show(b, sender))["state"] == "initial"
    (hit,) = await hits(world, app, sender)
    assert (hit.score, hit.decisive, hit.dismissed_at) == (85, False, None)
    await world.approve_sender(sender["id"], app)
    (hit,) = await hits(world, app, sender)
    assert hit.dismissed_at is not None
    assert (await show(b, sender))["state"] == "approved"


async def test_a_change_of_the_name_is_looked_up_again(world: World) -> None:
    await load(world)
    app, b = await open_b(world)
    sender = await post(b)
    await world.drain()
    await world.approve_sender(sender["id"], app)
    asked = {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}
    transaction = (await b.post("/transactions", {"transaction": asked})).object
    assert transaction["state"] == "approved"
    renamed = await b.patch(f"/senders/{sender['id']}", {"sender": LISTED})
    assert (renamed.status, renamed.object["state"]) == (200, "initial")
    await world.drain()
    assert (await show(b, sender))["state"] == "rejected"
    assert (await b.get(f"/transactions/{transaction['id']}")).object["state"] == "initial"
    assert world.events(sender["id"]) == ["sender.created", "sender.approved", "sender.rejected"]


async def test_a_waived_sender_is_rejected_too_and_what_was_funded_is_paid(world: World) -> None:
    sender = await post(world.client, external_id="S-9", **LISTED)
    assert sender["state"] == "approved"
    asked = {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}
    funded = (await world.client.post("/transactions", {"transaction": asked})).object
    unfunded = (await world.client.post("/transactions", {"transaction": asked})).object
    assert (await world.debit(funded)).status == 201
    await load(world)
    await world.drain()
    assert (await show(world.client, sender))["state"] == "rejected"
    assert (await world.show(funded))["state"] == "paid"
    assert (await world.show(unfunded))["state"] == "initial"
    assert (await world.debit(unfunded)).object[0]["errors"] == {"base": [{"error": "Sender is not approved"}]}
    assert world.events(sender["id"])[:3] == ["sender.created", "sender.approved", "sender.rejected"]
    other = (await world.client.get("/senders?external_id=S-1")).object[0]
    assert other["state"] == "approved"  # waived, and on no list: never `verified`, which may not transact


async def test_a_new_list_finds_senders_that_were_there_before(world: World) -> None:
    _, b = await open_b(world)
    sender = await post(b, first_name="Barnaby", last_name="Rudgewell")
    await world.drain()
    assert (await show(b, sender))["state"] == "initial"  # nobody is verified while there is no list
    await load(world, "n-1,Person,Barnaby Rudgewell,,,,Test\n")
    await world.drain()
    assert (await show(b, sender))["state"] == "rejected"


async def test_a_list_for_the_sandbox_leaves_live_senders_alone(world: World) -> None:
    await load(world)
    _, live = await world.open_app("live", kyc_mode="approval")
    sender = await post(live, **LISTED)
    await world.drain()
    assert (await show(live, sender))["state"] == "initial"
    await load(world, "n-1,Person,Somebody Else,,,,Test\n")
    await world.drain()
    assert (await show(live, sender))["state"] == "verified"


async def test_everybody_is_looked_up_in_a_round_and_new_senders_do_not_wait_behind_it(world: World) -> None:
    _, b = await open_b(world)
    old = [await post(b, external_id=f"old-{number}", last_name=f"Roe{number}") for number in range(5)]
    await world.drain()
    await load(world, "n-1,Person,Somebody Else,,,,Test\n")
    database = world.platform.database
    assert await database.run(senders.go_on_with_round, most=2) == 2
    assert await states(b, old) == ["initial"] * 5
    new = await post(b, external_id="new", last_name="Newcomer")
    screener = Screener(database, screening_thresholds(world.platform.settings))
    assert await screener.screen() == 3, "those of the round so far, and the new one"
    assert await states(b, [new]) == ["verified"]
    assert (await states(b, old)).count("initial") >= 3
    while await screener.screen():
        pass
    assert await states(b, old) == ["verified"] * 5
    async with database.reading() as conn:
        assert await sender_queries.screening_standing(conn) == (0, None)


async def test_a_list_that_comes_in_the_middle_of_a_round_is_for_everybody(world: World) -> None:
    _, b = await open_b(world)
    first = await post(b, first_name="Barnaby", last_name="Rudgewell")
    await post(b, external_id="S-2", last_name="Other")
    await world.drain()
    await load(world, "n-1,Person,Somebody Else,,,,Test\n")
    database = world.platform.database
    screener = Screener(database, screening_thresholds(world.platform.settings))
    assert await database.run(senders.go_on_with_round, most=2) == 2
    assert await screener.screen() == 2
    await load(world, "n-1,Person,Barnaby Rudgewell,,,,Test\n")
    await world.drain()
    assert await states(b, [first]) == ["rejected"]


async def test_what_a_retired_list_has_found_counts_no_more(world: World) -> None:
    await load(world)
    await load(world, "n-1,Person,Zebulon Quartermaine Vex,,1961-05-17,,Test\n")
    app, b = await open_b(world)
    both = [await post(b, **{**LISTED, "birth_date": "1990-01-01"}), await post(b, external_id="S-2", **LISTED)]
    await world.drain()
    assert (await states(b, both), await open_hits(world)) == (["initial", "rejected"], 4)
    await retire(world, "test")
    assert await open_hits(world) == 2
    await retire(world, "sample")
    await world.drain()
    assert (await states(b, both), await open_hits(world)) == (["initial", "rejected"], 0)
    assert [hit.is_retired for hit in await hits(world, app, both[0])] == [True, True]
    async with world.platform.database.reading() as conn:
        assert not await queries.has_open_hits(conn, app.id, UUID(both[0]["id"]))
    await load(world)
    await world.drain()
    assert (await states(b, both), await open_hits(world)) == (["initial", "rejected"], 2), "a list that is back"
    await retire(world, "sample")
    await load(world, "x,Person,Somebody Else,,,,\n")
    await world.drain()
    assert await states(b, both) == ["verified", "rejected"], "only staff reinstate"


@needs_rigour
async def test_a_business_is_looked_up_without_its_legal_form(world: World) -> None:
    await load(world)
    app, b = await open_b(world)
    business = {
        "type": "business",
        "name": "Hollow Harbour Trading Ltd",
        "trading_country": "ZA",
        "external_id": "B-1",
        **{name: PERSON[name] for name in ("country", "city", "street", "postal_code", "email", "ip", "documents")},
    }
    created = await b.post("/senders", {"sender": business})
    assert created.status == 201, created.body
    await world.drain()
    assert (await show(b, created.object))["state"] == "rejected"
    (hit,) = await hits(world, app, created.object)
    assert (hit.uid, hit.listed_name) == ("sample-4", "Hollow Harbour Trading Limited")
