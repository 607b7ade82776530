import asyncio

import pytest

from bitpesa.kernel.database.coalescing import Together

PATIENCE_SECONDS = 20


class Refused(Exception):
    pass


class Kitchen:
    """Serves what is asked for when it is told to, and knows what it was asked for together."""

    def __init__(self):
        self.served = []
        self.may_serve = asyncio.Event()

    async def serve(self, dishes):
        self.served.append(list(dishes))
        await self.may_serve.wait()
        if "stop" in dishes:
            raise Refused
        return [Refused(dish) if dish == "spoilt" else f"hot {dish}" for dish in dishes]


@pytest.fixture
def kitchen():
    return Kitchen()


async def ask_all(together, *dishes):
    """Ask for each in turn, and wait until all of them wait."""
    waiting = [asyncio.create_task(together.do(dish)) for dish in dishes]
    for _ in range(3):
        await asyncio.sleep(0)
    return waiting


async def ended(waiting):
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await asyncio.gather(*waiting, return_exceptions=True)


async def test_one_is_served_at_once_and_those_who_come_meanwhile_together(kitchen):
    together = Together(kitchen.serve)
    first = await ask_all(together, "a")
    assert kitchen.served == [["a"]]
    others = await ask_all(together, "b", "c", "d")
    assert kitchen.served == [["a"]]
    kitchen.may_serve.set()
    assert await ended([*first, *others]) == ["hot a", "hot b", "hot c", "hot d"]
    assert kitchen.served == [["a"], ["b", "c", "d"]]


async def test_as_many_hands_as_there_are_serve_at_once(kitchen):
    together = Together(kitchen.serve, hands=2)
    waiting = await ask_all(together, "a") + await ask_all(together, "b") + await ask_all(together, "c", "d")
    assert kitchen.served == [["a"], ["b"]]
    kitchen.may_serve.set()
    assert await ended(waiting) == ["hot a", "hot b", "hot c", "hot d"]
    assert kitchen.served == [["a"], ["b"], ["c", "d"]]


async def test_whoever_comes_just_as_the_last_one_is_served_is_served_as_well(kitchen):
    together = Together(kitchen.serve)
    kitchen.may_serve.set()

    async def ask_again_at_once():
        return [await together.do(dish) for dish in "abc"]

    assert await ended([asyncio.create_task(ask_again_at_once())]) == [["hot a", "hot b", "hot c"]]


async def test_no_more_than_may_be_are_served_together_and_only_those_alike(kitchen):
    together = Together(kitchen.serve, most=2, alike=len)
    waiting = await ask_all(together, "a") + await ask_all(together, "bb", "c", "dd", "e", "ff")
    kitchen.may_serve.set()
    await ended(waiting)
    assert kitchen.served == [["a"], ["bb", "dd"], ["c", "e"], ["ff"]]


async def test_a_refusal_is_raised_to_the_one_it_is_for(kitchen):
    together = Together(kitchen.serve)
    waiting = await ask_all(together, "a") + await ask_all(together, "b", "spoilt", "c")
    kitchen.may_serve.set()
    first, b, refusal, c = await ended(waiting)
    assert (first, b, c) == ("hot a", "hot b", "hot c")
    assert isinstance(refusal, Refused)


async def test_what_fails_as_a_whole_is_raised_to_all_of_them_and_the_next_are_served(kitchen):
    together = Together(kitchen.serve)
    waiting = await ask_all(together, "a") + await ask_all(together, "b", "stop")
    kitchen.may_serve.set()
    first, *failed = await ended(waiting)
    assert first == "hot a"
    assert [type(each) for each in failed] == [Refused, Refused]
    assert await ended(await ask_all(together, "c")) == ["hot c"]


async def test_whoever_goes_away_disturbs_nobody(kitchen):
    together = Together(kitchen.serve)
    waiting = await ask_all(together, "a") + await ask_all(together, "b", "c")
    waiting[1].cancel()
    kitchen.may_serve.set()
    first, gone, c = await ended(waiting)
    assert (first, c) == ("hot a", "hot c")
    assert isinstance(gone, asyncio.CancelledError)
