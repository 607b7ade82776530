"""Scenario 38: lists come in pages, newest first, and filters find exactly what they say."""

from datetime import timedelta
from typing import Any

from bitpesa.cli.client import Answered
from tests.journeys.world import BEGINNING, PERSON, World, ok

BAD_REQUEST = {"status": 400, "error": "Bad Request"}


def pagination(answer: Answered) -> tuple[Any, ...]:
    meta = answer.body["meta"]["pagination"]
    return tuple(meta[name] for name in ("current_page", "prev_page", "next_page", "total_pages", "total_count"))


async def found(world: World, path: str) -> set[str]:
    """The ids that a list shows, all on one page, each once."""
    answer = await world.client.get(path)
    assert answer.status == 200, (path, answer.body)
    ids = [each["id"] for each in answer.object]
    assert answer.body["meta"]["pagination"]["total_count"] == len(ids) == len(set(ids))
    return set(ids)


async def test_a_list_comes_in_pages(world: World):
    created = [await world.transaction(ok("00"), external_id=f"T-{number}") for number in range(25)]
    newest_first = [each["id"] for each in reversed(created)]

    async def page(query: str) -> Answered:
        answer = await world.client.get(f"/transactions{query}")
        assert answer.status == 200, answer.body
        return answer

    first = await page("")
    assert first.object == created[:14:-1]
    assert pagination(first) == (1, None, 2, 3, 25)
    last = await page("?page=3&per=10")
    assert [each["id"] for each in last.object] == newest_first[20:]
    assert pagination(last) == (3, 2, None, 3, 25)
    beyond = await page("?page=4&per=10")
    assert beyond.object == []
    assert pagination(beyond) == (4, 3, None, 3, 25)
    far_beyond = await page("?page=999999999999&per=10")
    assert (far_beyond.object, pagination(far_beyond)) == ([], (999999999999, 3, None, 3, 25))
    everything = await page("?per=1000")
    assert [each["id"] for each in everything.object] == newest_first
    assert pagination(everything) == (1, None, None, 1, 25)
    assert pagination(await page("?page=&per=&_=1773991")) == (1, None, 2, 3, 25)

    for query in ("page=0", "per=x", "per=0", "page=-1", "page=1.5", "page=%00", "per=1e1", "page=9999999999999999999"):
        for path in ("/transactions", "/recipients", "/senders", "/webhooks", "/accounts/debits", "/logs/webhooks"):
            answer = await world.client.get(f"{path}?{query}")
            assert (answer.status, answer.body) == (400, BAD_REQUEST), (path, query)

    assert [each["id"] for each in (await page("?external_id=T-7")).object] == [created[7]["id"]]
    for nobodys in ("T", "t-7", "T-7%20", "%25"):
        assert (await page(f"?external_id={nobodys}")).object == []


async def test_recipients_are_found_by_state_amount_and_day(world: World):
    failed = (await world.funded(ok("08", 10000)))["recipients"][0]["id"]
    both = await world.transaction(ok("00", 20000), ok("00", 40000))
    fifty, hundred = (leg["id"] for leg in both["recipients"])
    await world.advance(days=1, minutes=-1)  # 2026-03-03 08:59
    euro = (await world.transaction(ok("00", 11000), input_currency="EUR"))["recipients"][0]["id"]
    await world.advance(minutes=1)
    twenty_five = (await world.transaction(ok("00", 10000)))["recipients"][0]["id"]
    await world.advance(days=1, hours=-9)  # 2026-03-04 00:00
    late = (await world.transaction(ok("00", 20000)))["recipients"][0]["id"]

    async def these(query: str) -> set[str]:
        return await found(world, f"/recipients?{query}")

    everything = {failed, fifty, hundred, euro, twenty_five, late}
    assert await these("") == everything
    assert await these("state[]=error&state[]=initial") == everything
    assert await these("state%5B%5D=error") == {failed}
    assert await these("state=error&state=success") == {failed}
    assert await these("state=success") == set()
    assert await these("state=0%3Derror%261%3Dsuccess") == {failed}
    assert await these("state[]=&state[]=error") == {failed}

    assert await these("currency=USD&amount_from=25&amount_to=50") == {failed, fifty, twenty_five, late}
    assert await these("currency=USD&amount_from=25.01&amount_to=50.00") == {fifty, late}
    assert await these("currency[]=EUR&amount_to=25") == {euro}
    assert await these("currency[]=EUR&currency[]=USD&amount_from=50&state=initial") == {fifty, hundred, late}
    assert await these("currency=GBP") == set()

    first, second = {failed, fifty, hundred}, {euro, twenty_five}
    assert await these("created_at_from=2026-03-02&created_at_to=2026-03-03") == first | second
    assert await these("created_at_to=2026-03-02") == first
    assert await these("created_at_from=2026-03-03&created_at_to=2026-03-03") == second
    assert await these("created_at_from=2026-03-04") == {late}
    assert await these("created_at_from=2026-03-03T09:00:00Z&created_at_to=2026-03-03T10:00:00%2B01:00") == {
        twenty_five
    }
    assert await these("created_at_from=2026-03-03T09:00:00.001Z") == {late}
    assert await these("created_at_to=2026-03-01&state=initial") == set()

    for query in (
        "amount_from=25",
        "currency=USD&amount_from=x",
        "currency=USD&amount_to=NaN",
        "created_at_from=yesterday",
        "created_at_to=2026-02-30",
        "created_at_to=%ff",
    ):
        answer = await world.client.get(f"/recipients?{query}")
        assert (answer.status, answer.body) == (400, BAD_REQUEST), query


async def test_amounts_from_nothing_on_are_all_amounts(world: World):
    leg = (await world.transaction(ok("00")))["recipients"][0]["id"]
    assert await found(world, "/recipients?currency=USD&amount_from=0") == {leg}
    assert await found(world, "/recipients?currency=USD&amount_from=0.005&amount_to=25.005") == {leg}
    assert await found(world, "/recipients?currency=USD&amount_from=25.001") == set()
    assert await found(world, "/recipients?currency=USD&amount_from=-1e30&amount_to=999999999999999999") == {leg}
    assert await found(world, "/recipients?currency=USD&amount_from=1e30") == set()
    assert await found(world, "/recipients?currency=USD&amount_to=-1") == set()


async def test_a_recipient_whose_time_is_up_is_listed_as_cancelled(world: World):
    created = await world.transaction(ok("00"))
    await world.advance(hours=1)
    (leg,) = (await world.client.get("/recipients")).object
    assert (leg["state"], leg["transaction_state"], leg["may_cancel"]) == ("canceled", "canceled", False)
    assert leg == (await world.show(created))["recipients"][0]
    await world.drain()
    assert (await world.client.get("/recipients?state=canceled")).object[0]["id"] == leg["id"]
    assert (await world.client.get("/recipients?state=initial,canceled")).object[0]["id"] == leg["id"]
    for filters in ("recipients?state[]=nonsense", "recipients?currency=usd", "payout_methods?type=NGN::Pigeon"):
        assert (await world.client.get(f"/{filters}")).status == 400, filters


async def test_senders_are_found_by_their_id_and_day(world: World):
    await world.advance(days=1)
    later = await world.client.post("/senders", {"sender": {**PERSON, "external_id": "S-2"}})
    (first,) = (await world.client.get("/senders?external_id=S-1")).object
    one, two = first["id"], later.object["id"]
    day = (BEGINNING + timedelta(days=1)).date()

    assert await found(world, "/senders") == {one, two}
    assert await found(world, "/senders?external_id=S") == set()
    assert await found(world, f"/senders?created_at_from={day}") == {two}
    assert await found(world, "/senders?created_at_to=2026-03-02") == {one}
    assert await found(world, f"/senders?created_at_from=2026-03-02&created_at_to={day}&external_id=S-2") == {two}


async def test_transactions_are_found_by_sender_and_by_who_handles_them(world: World):
    jane = await world.client.post("/senders", {"sender": {**PERSON, "external_id": "S-2"}})
    of_jane = (await world.transaction(ok("00"), sender={"external_id": "S-2"}))["id"]
    stuck = await world.funded(ok("01"))
    await world.bank_says(stuck["recipients"][0]["id"], "13")
    assert (await world.show(stuck))["state"] == "manual"

    assert await found(world, f"/transactions?sender_id={jane.object['id']}") == {of_jane}
    assert await found(world, "/transactions?transactions_type=manual") == {stuck["id"]}
    assert await found(world, "/transactions?transactions_type=automated") == {of_jane}
    assert await found(world, f"/transactions?sender_id={stuck['id']}") == set()
    assert await found(world, "/transactions?sender_id=nobody") == set()
    assert (await world.client.get("/transactions?transactions_type=other")).status == 400
