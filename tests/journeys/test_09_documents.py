"""Scenario 09: documents for KYC, uploaded with a sender or apart, and shown by links that end."""

import asyncio
import base64
from typing import Any

from bitpesa.cli.client import Client
from bitpesa.payments.documents.due import sweep_files
from bitpesa.tenants.organisations.model import App
from tests.journeys.world import PERSON, World, ok

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100)
PDF = b"%PDF-1.7\n" + bytes(100)


def data_uri(data: bytes = PNG, content_type: str = "image/png") -> str:
    """As clients write it: in lines of 76 characters."""
    return f"data:{content_type};base64,{base64.encodebytes(data).decode()}"


def document(data: bytes = PNG, content_type: str = "image/png", **more: Any) -> dict[str, Any]:
    return {"upload": data_uri(data, content_type), "upload_file_name": "passport.png", **more}


async def open_c(world: World, **changes: Any) -> tuple[App, Client]:
    """App C of the scenarios, with a balance and the receiver listening."""
    app, c = await world.open_app(kyc_mode="documents", **changes)
    await world.give("1000.00", "USD", app)
    await world.listen_to(c)
    return app, c


async def files_of(world: World) -> int:
    """How many files nobody has claimed yet, or has given back."""
    async with world.platform.database.reading() as conn:
        return await conn.fetchval("select count(*) from unclaimed_files")


async def test_a_sender_needs_a_document_and_shows_it_by_a_link_that_ends(world: World):
    app, c = await open_c(world)
    refused = await c.post("/senders", {"sender": PERSON})
    assert (refused.status, refused.object["errors"]) == (422, {"documents": [{"error": "blank"}]})

    created = await c.post("/senders", {"sender": {**PERSON, "documents": [document(metadata={"a": 1})]}})
    assert (created.status, created.object["state"]) == (201, "initial")
    (shown,) = created.object["documents"]
    assert shown == {
        "id": shown["id"],
        "upload": shown["upload"],
        "url": shown["upload"],
        "upload_file_name": "passport.png",
        "upload_content_type": "image/png",
        "upload_file_size": len(PNG),
        "category": "uncategorised",
        "side": None,
        "document_type": None,
        "issuing_country": None,
        "document_id": None,
        "expiry_date": None,
        "source": "Manual",
        "metadata": {"a": 1},
        "state": "enabled",
        "created_at": "2026-03-02T09:00:00.000Z",
        "errors": {},
    }
    status, headers, content = await world.fetch_file(shown["upload"])
    assert (status, content) == (200, PNG)
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''passport.png"
    assert headers["X-Content-Type-Options"] == "nosniff"

    await world.advance(app, seconds=3599)
    assert (await world.fetch_file(shown["upload"]))[0] == 200
    await world.advance(app, seconds=1)
    assert (await world.fetch_file(shown["upload"]))[0] == 403
    again = (await c.get(f"/documents/{shown['id']}")).object
    assert again == {**shown, "upload": again["upload"], "url": again["upload"]}
    assert (await world.fetch_file(again["upload"]))[::2] == (200, PNG)
    assert (await world.fetch_file(again["upload"].replace("expires=1", "expires=2")))[0] == 403
    assert await files_of(world) == 0


async def test_a_sender_that_is_banned_after_approval_cannot_pay(world: World):
    app, c = await open_c(world)
    sender = (await c.post("/senders", {"sender": {**PERSON, "documents": [document()]}})).object
    await world.approve_sender(sender["id"], app)
    asked = {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}
    transaction = (await c.post("/transactions", {"transaction": asked})).object
    assert transaction["state"] == "approved"
    await world.review_sender(sender["id"], "ban", app)
    debit = {"debit": {"to_id": transaction["id"], "to_type": "Transaction"}}
    assert (await c.post("/accounts/debits", debit)).status == 422
    assert (await c.post("/transactions", {"transaction": asked})).status == 422
    await world.drain()
    assert world.events(sender["id"]) == ["sender.created", "sender.approved", "sender.rejected"]
    told = [each.content["object"] for each in world.heard() if each.event == "sender.rejected"]
    assert [each["state"] for each in told] == ["banned"]


async def test_a_webhook_carries_a_fresh_link_on_every_attempt(world: World):
    app, c = await open_c(world)
    world.receiver.says(500, 500, 200)
    sender = (await c.post("/senders", {"sender": {**PERSON, "documents": [document()]}})).object
    await world.drain()
    await world.advance(app, seconds=7200)
    await world.drain()
    heard = [each.content for each in world.heard()]
    assert sorted(each["event"] for each in heard) == ["document.created"] * 2 + ["sender.created"] * 2
    links = [each["object"].get("upload") or each["object"]["documents"][0]["upload"] for each in heard]
    assert [(await world.fetch_file(link))[0] for link in links] == [403, 403, 200, 200]
    assert sender["id"] in {each["object"]["id"] for each in heard[2:]}
    async with world.platform.database.reading() as conn:
        assert not await conn.fetchval("select count(*) from events where payload ~ 'signature=|base64'")
        assert not await conn.fetchval("select count(*) from webhook_logs where metadata::text ~ 'signature=|base64'")


async def test_documents_are_stored_apart_and_named_by_id(world: World):
    _, c = await open_c(world)
    answers = [
        await c.post(
            "/documents", {"document": document(PDF, "application/pdf", upload_file_name=r"C:\scans\a b.pdf")}
        ),
        await c.post("/documents", {"document": document()}),
    ]
    assert [each.status for each in answers] == [201, 201]
    first, second = (each.object for each in answers)
    assert (first["upload_file_name"], first["upload_content_type"]) == ("a b.pdf", "application/pdf")
    listed = await c.get("/documents")
    assert [each["id"] for each in listed.object] == [second["id"], first["id"]]
    assert listed.body["meta"]["pagination"]["total_count"] == 2

    sender = (await c.post("/senders", {"sender": {**PERSON, "documents": [{"id": first["id"]}]}})).object
    assert [each["id"] for each in sender["documents"]] == [first["id"]]
    path = f"/senders/{sender['id']}"
    added = await c.patch(path, {"sender": {"documents": [{"id": second["id"]}]}})
    assert [each["id"] for each in added.object["documents"]] == [first["id"], second["id"]]
    unchanged = await c.patch(path, {"sender": {"city": "Rome", "documents": []}})
    assert [each["id"] for each in unchanged.object["documents"]] == [first["id"], second["id"]]
    other = await c.post("/senders", {"sender": {**PERSON, "external_id": "S-2", "documents": [{"id": first["id"]}]}})
    assert (other.status, other.object["errors"]) == (422, {"documents": [{"error": "taken"}]})


async def test_of_two_senders_that_want_one_document_one_gets_it(world: World):
    _, c = await open_c(world)
    stored = (await c.post("/documents", {"document": document()})).object
    person = {**PERSON, "documents": [{"id": stored["id"]}]}
    asked = [c.post("/senders", {"sender": {**person, "external_id": f"S-{number}"}}) for number in range(6)]
    answers = await asyncio.gather(*asked)
    assert sorted(each.status for each in answers) == [201, 422, 422, 422, 422, 422]
    refused = [each.object["errors"] for each in answers if each.status == 422]
    assert refused == [{"documents": [{"error": "taken"}]}] * 5


async def test_a_document_of_another_app_is_not_found(world: World):
    _, c = await open_c(world)
    foreign = (await world.client.post("/documents", {"document": document()})).object
    assert (await c.get(f"/documents/{foreign['id']}")).status == 404
    assert (await c.delete(f"/documents/{foreign['id']}")).status == 404
    for unknown in (foreign["id"], "11111111-1111-7111-8111-111111111111", "x"):
        refused = await c.post("/senders", {"sender": {**PERSON, "documents": [{"id": unknown}]}})
        assert (refused.status, refused.object["errors"]) == (422, {"documents": [{"error": "not_found"}]})
        echoed = {} if unknown == "x" else {"id": unknown}  # what is no id at all, clients could not read
        assert refused.object["documents"] == [{**echoed, "errors": {"id": [{"error": "not_found"}]}}]
    assert (await c.get("/senders")).object == []


async def test_what_is_not_what_it_says_is_refused_and_leaves_no_file_behind(world: World):
    _, c = await open_c(world)
    wrong = {
        "blank": [document(b""), {"upload_file_name": "a.png"}, {"upload": " ", "upload_file_name": "a.png"}],
        "invalid": [
            document(PDF),
            document(PNG, "application/pdf"),
            document(b"MZ" + bytes(20)),
            {"upload": "data:image/png;base64,a$b", "upload_file_name": "a.png"},
            {"upload": "data:image/png,abc", "upload_file_name": "a.png"},
            {"upload": "/etc/passwd", "upload_file_name": "a.png"},
            {"upload": "file:///etc/passwd", "upload_file_name": "a.png"},
            {"upload": 5, "upload_file_name": "a.png"},
        ],
        "inclusion": [document(b"GIF89a", "image/gif"), document(PNG, "")],
        "too_long": [document(PNG + bytes(10 * 1024 * 1024))],
    }
    for code, uploads in wrong.items():
        for each in uploads:
            refused = await c.post("/documents", {"document": each})
            assert (refused.status, refused.object["errors"]) == (422, {"upload": [{"error": code}]}), each["upload"][
                :50
            ]
            assert "upload" not in refused.object
    unnamed = await c.post("/documents", {"document": {"upload": data_uri(), "upload_file_name": "x/.."}})
    assert unnamed.object["errors"] == {"upload_file_name": [{"error": "invalid"}]}
    many = await c.post("/senders", {"sender": {**PERSON, "documents": [document()] * 11}})
    assert many.object["errors"] == {"documents": [{"error": "too_long"}]}
    assert (await c.get("/documents")).object == []
    assert await files_of(world) == 0
    largest = document(PNG + bytes(10 * 1024 * 1024 - len(PNG)))
    assert (await c.post("/documents", {"document": largest})).object["upload_file_size"] == 10 * 1024 * 1024


async def test_a_transaction_brings_its_sender_with_documents(world: World):
    _, c = await open_c(world)
    sender = {**PERSON, "documents": [document()]}
    asked = {"input_currency": "USD", "sender": sender, "recipients": [ok("00")]}
    checked = await c.post("/transactions/validate", {"transaction": asked})
    assert (checked.status, checked.object["state"]) == (200, "initial")
    assert checked.object["sender"]["documents"] == [{"upload_file_name": "passport.png", "errors": {}}]
    faulty = {**asked, "sender": {**sender, "documents": [document(), document(PDF)]}}
    refused = await c.post("/transactions", {"transaction": faulty})
    assert (refused.status, refused.object["errors"]) == (422, {"sender": [{"error": "invalid"}]})
    assert refused.object["sender"]["errors"] == {"documents": [{"error": "invalid"}]}
    assert [each["errors"] for each in refused.object["sender"]["documents"]] == [
        {},
        {"upload": [{"error": "invalid"}]},
    ]
    assert (await c.get("/documents")).object == []

    created = await c.post("/transactions", {"transaction": {**asked, "external_id": "T-9"}})
    (shown,) = created.object["sender"]["documents"]
    assert (await world.fetch_file(shown["upload"]))[::2] == (200, PNG)
    duplicate = await c.post("/transactions", {"transaction": {**asked, "external_id": "T-9"}})
    assert duplicate.status == 422
    (existing,) = duplicate.body["meta"]["existing"]["transaction"]["sender"]["documents"]
    assert (existing["id"], (await world.fetch_file(existing["upload"]))[0]) == (shown["id"], 200)
    assert len((await c.get("/documents")).object) == 1
    await world.drain()
    assert world.events(shown["id"]) == ["document.created"]


async def test_a_withdrawn_document_is_gone_and_its_sender_is_checked_again(world: World):
    app, c = await open_c(world)
    sender = (await c.post("/senders", {"sender": {**PERSON, "documents": [document(), document()]}})).object
    await world.approve_sender(sender["id"], app)
    first, second = sender["documents"]
    assert (await c.delete(f"/documents/{first['id']}?sender_id={first['id']}")).status == 404
    gone = await c.delete(f"/documents/{first['id']}?sender_id={sender['id']}")
    assert (gone.status, gone.object["id"]) == (200, first["id"])
    assert (await c.delete(f"/documents/{first['id']}")).status == 200
    assert (await world.fetch_file(first["upload"]))[0] == 404
    left = (await c.get(f"/senders/{sender['id']}")).object
    assert ([each["id"] for each in left["documents"]], left["state"]) == ([second["id"]], "initial")
    await world.drain()
    assert world.events(first["id"]) == ["document.created", "document.disabled"]

    assert (await c.delete(f"/senders/{sender['id']}")).object["state"] == "disabled"
    await world.drain()
    assert world.events(second["id"]) == ["document.created", "document.disabled"]
    assert (await world.fetch_file(second["upload"]))[0] == 404


async def test_a_file_that_lies_elsewhere_is_fetched(world: World):
    app, c = await open_c(world)
    url = f"{world.receiver.base}/scan.pdf"
    asked = {"upload": url, "upload_file_name": "scan.pdf"}
    sender = (await c.post("/senders", {"sender": {**PERSON, "documents": [asked]}})).object
    (waiting,) = sender["documents"]
    assert (waiting["upload_content_type"], waiting["upload_file_size"]) == (None, None)
    assert (await world.fetch_file(waiting["upload"]))[0] == 404

    world.receiver.says(503)
    await world.drain()
    world.receiver.serve("/scan.pdf", PDF, "application/pdf")
    await world.drain()
    assert (await c.get(f"/documents/{waiting['id']}")).object["upload_content_type"] is None
    await world.advance(app, minutes=1)
    await world.drain()
    fetched = (await c.get(f"/documents/{waiting['id']}")).object
    assert (fetched["upload_content_type"], fetched["upload_file_size"]) == ("application/pdf", len(PDF))
    assert (await world.fetch_file(fetched["upload"]))[::2] == (200, PDF)


async def test_what_cannot_be_fetched_says_so(world: World):
    _, c = await open_c(world)
    world.receiver.serve("/page", b"<html>", "text/html")
    world.receiver.serve("/liar", PDF, "image/png")
    world.receiver.serve("/large", PNG + bytes(10 * 1024 * 1024), "image/png")
    expected = {"/page": "inclusion", "/liar": "invalid", "/large": "too_long"}
    made = {}
    for path in expected:
        asked = {"upload": world.receiver.base + path, "upload_file_name": "a.png"}
        made[path] = (await c.post("/documents", {"document": asked})).object["id"]
    await world.drain()
    for path, code in expected.items():
        assert (await c.get(f"/documents/{made[path]}")).object["errors"] == {"upload": [{"error": code}]}, path


async def test_files_are_not_fetched_from_addresses_that_are_not_public(world: World):
    _, live = await world.open_app("live")
    for url in ("https://127.0.0.1/a.png", "http://example.com/a.png"):
        refused = await live.post("/documents", {"document": {"upload": url, "upload_file_name": "a.png"}})
        assert (refused.status, refused.object["errors"]) == (422, {"upload": [{"error": "invalid"}]})
    asked = {"upload": f"https://localhost:{world.receiver.base.rpartition(':')[2]}/a", "upload_file_name": "a.png"}
    stored = (await live.post("/documents", {"document": asked})).object
    await world.drain()
    assert (await live.get(f"/documents/{stored['id']}")).object["errors"] == {"upload": [{"error": "invalid"}]}
    assert world.heard() == []


async def test_a_file_whose_request_died_is_swept_away(world: World):
    app, c = await open_c(world)
    kept = (await c.post("/documents", {"document": document()})).object
    files, database = world.platform.files, world.platform.database
    orphan = app.organisation_id
    await files.shelf.keep(app.id, orphan, PNG)
    async with database.reading() as conn:
        await conn.execute("insert into unclaimed_files values ($1, $2, now() - interval '2 hours')", app.id, orphan)
    await world.drain()
    assert await files.shelf.fetch(app.id, orphan) is None
    assert await sweep_files(database, files) == 0
    assert (await world.fetch_file(kept["upload"]))[::2] == (200, PNG)
