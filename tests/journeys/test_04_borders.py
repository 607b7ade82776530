"""Scenario 04: keys work in their own environment only, and one app sees nothing of another."""

from uuid import uuid4

from tests.journeys.world import World, ok

UNAUTHORIZED = {"status": 401, "error": "Unauthorized"}
NOT_FOUND = {"status": 404, "error": "Not Found"}


async def test_a_key_of_the_other_environment_is_a_stranger(world: World):
    _, live = await world.open_app("live")
    assert (await live.get("/accounts")).status == 200

    sandbox_key_on_live = await world.client_of(world.client.key, world.client._secret, "live")
    live_key_in_sandbox = await world.client_of(live.key, live._secret)
    unknown_key = await world.client_of("sandbox_0", "secret")
    wrong_secret = await world.client_of(world.client.key, "secret")
    for client in (sandbox_key_on_live, live_key_in_sandbox, unknown_key, wrong_secret):
        answer = await client.get("/accounts")
        assert (answer.status, answer.body) == (401, UNAUTHORIZED)


async def test_a_secret_in_the_open_works_in_its_own_environment_only(world: World):
    _, live = await world.open_app("live")
    secrets = {"Authorization-Key": live.key, "Authorization-Secret": live._secret}
    for base, status in ((live.base_url, 200), (world.base_url, 401)):
        async with live._session.get(base + "/accounts", headers=secrets) as answer:
            assert answer.status == status


async def test_what_only_the_sandbox_has_is_not_there_on_live(world: World):
    _, live = await world.open_app("live")
    for path in (f"/transactions/{uuid4()}/payout", f"/transactions/{uuid4()}/payin", "/sandbox/clock"):
        answer = await live.post(path)
        assert (answer.status, answer.body) == (404, NOT_FOUND)
    assert (await live.get("/sandbox/clock")).status == 404


async def test_foreign_ids_are_not_found(world: World):
    app_b, b = await world.open_app(kyc_mode="approval")
    await world.give("1000.00", "USD", app_b)
    transaction = await world.transaction(ok("00"))
    sender, (leg,) = transaction["sender"], transaction["recipients"]

    details = {"recipient": {"payout_method": {"details": {"bank_account": "12345678900"}}}}
    answers = [
        await b.get(f"/transactions/{transaction['id']}"),
        await b.post(f"/transactions/{transaction['id']}/payout"),
        await b.post(f"/transactions/{transaction['id']}/payin"),
        await b.patch(f"/recipients/{leg['id']}", details),
        await b.delete(f"/recipients/{leg['id']}"),
        await b.get(f"/senders/{sender['id']}"),
        await b.patch(f"/senders/{sender['id']}", {"sender": {"city": "Rome"}}),
        await b.delete(f"/senders/{sender['id']}"),
        await b.get(f"/webhooks/{world.webhook['id']}"),
        await b.delete(f"/webhooks/{world.webhook['id']}"),
    ]
    assert [(answer.status, answer.body) for answer in answers] == [(404, NOT_FOUND)] * len(answers)
    for path in ("/transactions", "/recipients", "/senders", "/webhooks"):
        assert (await b.get(path)).object == []

    debit = await b.post("/accounts/debits", {"debit": {"to_id": transaction["id"], "to_type": "Transaction"}})
    assert debit.status == 422
    assert debit.object == [
        {"to_id": transaction["id"], "to_type": "Transaction", "errors": {"to_id": [{"error": "not_found"}]}}
    ]

    by_id = {"input_currency": "USD", "sender": {"id": sender["id"]}, "recipients": [ok("00")]}
    foreign = await b.post("/transactions", {"transaction": by_id})
    assert foreign.status == 422
    assert foreign.object["sender"]["errors"] == {"id": [{"error": "not_found"}]}

    assert await world.show(transaction) == transaction
    assert (await world.client.get("/webhooks")).object[0]["id"] == world.webhook["id"]
    assert await world.balance("USD", b) == await world.balance("USD") == 1000
