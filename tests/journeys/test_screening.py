"""Senders are looked up on the sanction lists after they were created, when they change, and when a list does."""

from base64 import b64encode
from typing import Any
from uuid import UUID

import pytest

from bitpesa.cli.client import Client
from bitpesa.kernel.problems import Invalid
from bitpesa.payments.compliance import sanction_lists
from bitpesa.payments.compliance.matches import dismiss_recipient_hits
from bitpesa.payments.compliance.screening_worker import Screener
from bitpesa.payments.compliance.senders import dismiss_hits
from bitpesa.payments.screening import operations as screening
from bitpesa.payments.screening import queries
from bitpesa.payments.screening.list_files import read_file
from bitpesa.payments.screening.lookups import Lookups
from bitpesa.payments.screening.model import Hit, Kind, Subject
from bitpesa.payments.senders import operations as senders
from bitpesa.payments.senders import queries as sender_queries
from bitpesa.payments.senders.operations import screen_everybody
from bitpesa.payments.transactions import queries as transactions
from bitpesa.payments.transactions.operations import review
from bitpesa.tenants.audit_log.model import staff
from bitpesa.tenants.organisations.model import App
from bitpesa.wiring import screening_thresholds
from tests.journeys.world import PERSON, World, ok

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


async def test_a_waived_sender_is_rejected_too_and_what_it_funded_is_held(world: World) -> None:
    sender = await post(world.client, external_id="S-9", **LISTED)
    assert sender["state"] == "approved"
    asked = {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}
    funded = (await world.client.post("/transactions", {"transaction": asked})).object
    unfunded = (await world.client.post("/transactions", {"transaction": asked})).object
    assert (await world.debit(funded)).status == 201
    await load(world)
    await world.drain()
    assert (await show(world.client, sender))["state"] == "rejected"
    assert (await world.show(funded))["state"] == "processing"
    assert await world.orders(funded["recipients"][0]["id"]) == [], "nobody on a list is paid for"
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
    await load(world, f"n-1,Person,Barnaby Rudgewell,,{PERSON['birth_date']},,Test\n")
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
    screener = Screener(database, Lookups(database, screening_thresholds(world.platform.settings)))
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
    screener = Screener(database, Lookups(database, screening_thresholds(world.platform.settings)))
    assert await database.run(senders.go_on_with_round, most=2) == 2
    assert await screener.screen() == 2
    await load(world, f"n-1,Person,Barnaby Rudgewell,,{PERSON['birth_date']},,Test\n")
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
    assert (await show(b, created.object))["state"] == "initial", "staff decide: nothing but the name is the same"
    (hit,) = await hits(world, app, created.object)
    assert (hit.uid, hit.listed_name, hit.decisive) == ("sample-4", "Hollow Harbour Trading Limited", True)


# -- those who are paid


LIST = "n-1,Person,Tolibor Examplovsky Quandt,,1960-01-02,,Test\n"
QUANDT = {"first_name": "Tolibor Examplovsky", "last_name": "Quandt"}
RECIPIENT_HELD = "potential sanctions match of a recipient"
SENDER_HELD = "potential sanctions match of the sender"


async def why_held(world: World, transaction: dict[str, Any]) -> str | None:
    async with world.platform.database.reading() as conn:
        return (await transactions.find(conn, world.app.id, UUID(transaction["id"]))).transaction.held_for


async def matches_of(world: World, transaction: dict[str, Any], leg: int = 0) -> list[Hit]:
    async with world.platform.database.reading() as conn:
        recipient_id = UUID(transaction["recipients"][leg]["id"])
        return await queries.hits_of_recipients(conn, world.app.id, [recipient_id])


async def clear_recipient(world: World, transaction: dict[str, Any], leg: int = 0) -> None:
    recipient_id = UUID(transaction["recipients"][leg]["id"])
    run = world.platform.database.run
    await run(dismiss_recipient_hits, world.app, recipient_id, actor=staff("amina"), reason="another Quandt")
    await world.drain()


async def orders(world: World, transaction: dict[str, Any]) -> list[int]:
    return [len(await world.orders(leg["id"])) for leg in transaction["recipients"]]


async def failing_payment(world: World, *legs: dict[str, Any]) -> dict[str, Any]:
    """A funded payment whose last recipient failed, and will be tried again."""
    made = await world.transaction(*legs)
    await world.bank_says(made["recipients"][-1]["id"], "416")
    assert (await world.debit(made)).status == 201
    await world.drain()
    return await world.show(made)


async def test_a_listed_recipient_is_found_at_creation_and_its_payment_held_once_it_is_funded(world: World) -> None:
    await load(world, LIST)
    created = await world.transaction(ok("00", **QUANDT))
    await world.drain()
    (match,) = await matches_of(world, created)
    assert (match.score, match.decisive, match.transaction_id) == (100, True, UUID(created["id"]))
    shown = await world.show(created)
    assert (shown["state"], await why_held(world, created)) == ("approved", RECIPIENT_HELD)
    debited = await world.debit(created)
    assert debited.status == 201
    await world.drain()
    shown = await world.show(created)
    assert (shown["state"], shown["state_reason"], await orders(world, shown)) == ("processing", None, [0])
    assert "anction" not in str(shown)
    assert world.events(created["id"]) == ["transaction.created", "transaction.paid_in"]

    await clear_recipient(world, created)
    assert ((await world.show(created))["state"], await orders(world, shown)) == ("paid", [1])
    (match,) = await matches_of(world, created)
    assert match.dismissed_at is not None


async def test_no_payout_overtakes_the_look_up(world: World) -> None:
    """Created and funded in one request, it is not handed over before its recipient was looked up."""
    await load(world, LIST)
    await world.drain()
    answer = await world.post_transaction(ok("00", **QUANDT), path="/transactions/create_and_fund", external_id="T-1")
    assert answer.object["state"] == "received"
    await world.hand_over()
    assert await orders(world, answer.object) == [0]
    await world.drain()
    assert ((await world.show(answer.object))["state"], await orders(world, answer.object)) == ("processing", [0])
    other = await world.post_transaction(ok("00"), path="/transactions/create_and_fund", external_id="T-2")
    await world.hand_over()
    assert await orders(world, other.object) == [0]
    await world.drain()
    assert (await world.show(other.object))["state"] == "paid"


async def test_whoever_waits_for_another_attempt_is_looked_up_again_when_a_list_changes(world: World) -> None:
    await load(world, "x,Person,Somebody Else,,,,\n")
    failing = await failing_payment(world, ok("00"), ok("00", **QUANDT))
    assert failing["state"] == "received"
    assert [leg["state"] for leg in failing["recipients"]] == ["success", "error"]
    before = await orders(world, failing)
    await load(world, LIST)
    await world.drain()
    assert ((await world.show(failing))["state"], await why_held(world, failing)) == ("processing", RECIPIENT_HELD)
    await world.bank_says(failing["recipients"][1]["id"], "0")
    await world.advance(hours=7)
    await world.drain()
    assert await orders(world, failing) == before, "no further attempt"
    await clear_recipient(world, failing, leg=1)
    assert (await world.show(failing))["state"] == "paid"


async def test_a_recipient_that_becomes_a_listed_one_by_an_edit_is_held(world: World) -> None:
    await load(world, LIST)
    failing = await failing_payment(world, ok("00"))
    leg = failing["recipients"][0]
    assert leg["state"] == "error"
    edited = await world.client.patch(
        f"/recipients/{leg['id']}",
        {"recipient": {"payout_method": {"details": {**QUANDT, "bank_account": "1234567800"}}}},
    )
    assert edited.status == 200, edited.body
    await world.drain()
    assert ((await world.show(failing))["state"], await why_held(world, failing)) == ("processing", RECIPIENT_HELD)


async def test_a_refused_payment_gives_the_money_back(world: World) -> None:
    await load(world, LIST)
    before = await world.balance("USD")
    held = await world.funded(ok("00", **QUANDT))
    assert held["state"] == "processing"
    run = world.platform.database.run
    await run(review.refuse, world.app, UUID(held["id"]), actor=staff("amina"), reason="it is him")
    await world.drain()
    assert ((await world.show(held))["state"], await world.balance("USD")) == ("refunded", before)


async def test_to_release_a_payment_is_to_say_that_its_recipient_is_somebody_else(world: World) -> None:
    await load(world, LIST)
    held = await world.funded(ok("00", **QUANDT))
    run = world.platform.database.run
    await run(review.release, world.app, UUID(held["id"]), actor=staff("amina"), reason="known")
    await world.drain()
    assert (await world.show(held))["state"] == "paid"
    await load(world, LIST + "x,Person,Somebody Else,,,,\n")
    assert (await world.funded(ok("00", **QUANDT)))["state"] == "processing", "that was said of one recipient"


async def test_without_a_list_nobody_waits(world: World) -> None:
    funded = await world.transaction(ok("00", **QUANDT))
    assert (await world.debit(funded)).status == 201
    await world.hand_over()
    await world.drain()
    assert ((await world.show(funded))["state"], await matches_of(world, funded)) == ("paid", [])
    await load(world, LIST)
    await retire(world, "test")
    funded = await world.transaction(ok("00", **QUANDT))
    assert (await world.debit(funded)).status == 201
    await world.hand_over()
    await world.drain()
    assert (await world.show(funded))["state"] == "paid"


async def test_a_list_for_the_sandbox_is_none_for_live_payments(world: World) -> None:
    await load(world, LIST, sandbox_only=True)
    lookups = Lookups(world.platform.database, screening_thresholds(world.platform.settings))
    assert await lookups.refresh() > 0
    assert [lookups.has_lists(sandbox=True), lookups.has_lists(sandbox=False)] == [True, False]
    subject = Subject(kind=Kind.PERSON, names=("Tolibor Examplovsky Quandt",))
    assert [len(await lookups.find([subject], sandbox=where)) for where in (True, False)] == [1, 0]


async def test_long_lists_are_looked_up_in_a_process_beside(world: World) -> None:
    await load(world, LIST)
    subject = Subject(kind=Kind.PERSON, names=("Tolibor Eksamplovsky Quandt",))
    thresholds = screening_thresholds(world.platform.settings)
    async with Lookups(world.platform.database, thresholds, long_from=1) as lookups:
        first = await lookups.refresh()
        (match,) = await lookups.find([subject], sandbox=True)
        assert (match.listed.entry.uid, match.decisive) == ("n-1", True)
        await load(world, LIST.replace("n-1", "n-2") + "x,Person,Somebody Else,,,,\n")
        assert await lookups.refresh() == first + 1
        (match,) = await lookups.find([subject], sandbox=True)
        assert match.listed.entry.uid == "n-2"
    with pytest.raises(RuntimeError, match="no list was read"):
        await Lookups(world.platform.database, thresholds).find([subject], sandbox=True)


# -- who is looked up beside the sender's own name


async def test_a_sole_proprietor_is_looked_up_as_a_person(world: World) -> None:
    await load(world, LIST)
    app, b = await open_b(world)
    business = {
        "type": "business",
        "name": "Tolibor Examplovsky Quandt",
        "trading_country": "ZA",
        **{name: PERSON[name] for name in ("country", "city", "street", "postal_code", "email", "ip", "documents")},
    }
    for number, (form, found) in enumerate({"sole_proprietorship": 1, "publicly_owned_company": 0}.items()):
        asked = {**business, "legal_entity_type": form, "external_id": f"B-{number}"}
        created = await b.post("/senders", {"sender": asked})
        assert created.status == 201, created.body
        await world.drain()
        assert len(await hits(world, app, created.object)) == found


async def test_exposed_people_whom_a_sender_names_are_looked_up(world: World) -> None:
    await load(world, LIST)
    app, b = await open_b(world, kyc_mode="waived")
    named = [{"name": "Tolibor Examplovsky Quandt", "position": "Minister"}]
    sender = await post(b, politically_exposed_people=named)
    await world.drain()
    (hit,) = await hits(world, app, sender)
    assert (hit.screened_name, hit.decisive, hit.confirmed) == ("Tolibor Examplovsky Quandt", True, False)
    assert (await show(b, sender))["state"] == "approved", "nobody is turned away before anybody has looked"


# -- staff decide


async def test_a_namesake_without_a_birth_date_on_the_list_is_held_and_not_turned_away(world: World) -> None:
    await load(world, "n-1,Person,Tolibor Examplovsky Quandt,,,,Test\n")
    sender = await post(world.client, external_id="S-9", **QUANDT)
    await world.drain()
    assert (await show(world.client, sender))["state"] == "approved"
    asked = {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}
    made = (await world.client.post("/transactions", {"transaction": asked})).object
    assert (await world.debit(made)).status == 201
    await world.drain()
    assert ((await world.show(made))["state"], await why_held(world, made)) == ("processing", SENDER_HELD)
    run = world.platform.database.run
    with pytest.raises(Invalid) as refusal:
        await run(review.release, world.app, UUID(made["id"]), actor=staff("amina"), reason="known")
    assert refusal.value.object["errors"] == {"base": [{"error": "Sender is under review"}]}
    await run(dismiss_hits, world.app, UUID(sender["id"]), actor=staff("amina"), reason="born elsewhere")
    await world.drain()
    assert (await world.show(made))["state"] == "paid"
    assert world.events(sender["id"]) == ["sender.created", "sender.approved"]


async def test_false_positive_gives_a_rejected_sender_its_state_and_its_payments_back(world: World) -> None:
    sender = await post(world.client, external_id="S-9", **LISTED)
    asked = {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}
    made = (await world.client.post("/transactions", {"transaction": asked})).object
    assert (await world.debit(made)).status == 201
    await load(world)
    await world.drain()
    assert [(await show(world.client, sender))["state"], (await world.show(made))["state"]] == [
        "rejected",
        "processing",
    ]
    run = world.platform.database.run
    await run(dismiss_hits, world.app, UUID(sender["id"]), actor=staff("amina"), reason="another passport")
    await world.drain()
    shown = await show(world.client, sender)
    assert (shown["state"], shown["state_reason"], (await world.show(made))["state"]) == ("approved", None, "paid")
    assert world.events(sender["id"]) == ["sender.created", "sender.approved", "sender.rejected", "sender.approved"]


async def test_false_positive_lets_a_sender_go_on_with_kyc(world: World) -> None:
    await load(world)
    app, b = await open_b(world)
    sender = await post(b, **LISTED)
    await world.drain()
    assert (await show(b, sender))["state"] == "rejected"
    run = world.platform.database.run
    await run(dismiss_hits, app, UUID(sender["id"]), actor=staff("amina"), reason="another passport")
    assert (await show(b, sender))["state"] == "verified", "nobody has approved it yet"
