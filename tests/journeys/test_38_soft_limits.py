"""Scenario 38, the last part: who asks too often is told so, and refused where that is set."""

from bitpesa.cli.client import Answered
from tests.journeys.world import World, ok

TO_MIDNIGHT = 15 * 3600
"""Seconds from 09:00, when a journey begins, to the end of the day."""


def is_exceeded(answer: Answered) -> bool:
    return {name.lower(): value for name, value in answer.headers.items()}.get("x-soft-limit-exceeded") == "true"


async def test_the_301st_look_at_the_balances_of_a_day_is_marked_and_with_hard_limits_refused(world: World):
    for number in range(300):
        answer = await world.client.get("/accounts" if number % 2 else "/accounts/USD")
        assert (answer.status, is_exceeded(answer)) == (200, False), number
    answer = await world.client.get("/accounts")
    assert (answer.status, is_exceeded(answer)) == (200, True)

    await world.change_settings(hard_limits=True)
    refused = await world.client.get("/accounts")
    assert (refused.status, refused.body) == (429, {"status": 429, "error": "Too Many Requests"})
    assert refused.headers["Retry-After"] == str(TO_MIDNIGHT)
    assert (await world.client.get("/info/currencies")).status == 200
    assert (await world.client.get("/senders")).status == 200
    _, other = await world.open_app()
    assert not is_exceeded(await other.get("/accounts"))

    await world.advance(seconds=TO_MIDNIGHT)
    answer = await world.client.get("/accounts")
    assert (answer.status, is_exceeded(answer)) == (200, False)


async def test_the_7th_look_at_a_transaction_within_its_first_hour_is_marked(world: World):
    transaction = await world.funded(ok("00"))  # which looks at it once
    path = f"/transactions/{transaction['id']}"
    for _ in range(5):
        assert not is_exceeded(await world.client.get(path))
    assert is_exceeded(await world.client.get(path))
    await world.advance(hours=1)
    assert not is_exceeded(await world.client.get(path))
    assert is_exceeded(await world.client.get(path))
    await world.change_settings(hard_limits=True)
    await world.advance(minutes=59)
    refused = await world.client.get(path)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    await world.advance(minutes=1)
    assert (await world.client.get(path)).status == 200
    assert not is_exceeded(await world.client.get(f"/transactions?sender_id={transaction['sender']['id']}"))


async def test_what_is_not_there_is_not_counted_as_a_transaction(world: World):
    for _ in range(8):
        answer = await world.client.get(f"/transactions/{world.webhook['id']}")
        assert (answer.status, is_exceeded(answer)) == (404, False)


async def test_old_counts_are_forgotten(world: World):
    transaction = await world.transaction(ok("00"))
    await world.client.get(f"/transactions/{transaction['id']}")
    await world.platform.counter.write()
    for days, names in [(3, ["transactions"]), (90, [])]:
        await world.advance(days=days)
        await world.drain()
        async with world.platform.database.reading() as conn:
            assert [row["name"] for row in await conn.fetch("select name from call_counts order by name")] == names
