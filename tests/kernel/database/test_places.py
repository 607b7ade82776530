import asyncio
from collections import Counter
from uuid import UUID

from bitpesa.kernel.database.places import FIRST, Places, Turns

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def test_claims_go_round_the_apps():
    turns = Turns()
    assert turns.free(8).after == FIRST
    turns.served([A, B])
    assert turns.free(8).after == B
    turns.served([A, C])  # C came first, behind B, and then A
    assert turns.free(8).after == A
    turns.served([])
    assert turns.free(8).after == A


def test_a_claim_is_told_what_is_under_way():
    free = Turns().free(8, Counter({A: 3}))
    assert (free.places, free.busy_apps, free.busy_counts) == (8, [A], [3])


async def test_places_are_taken_and_given_back_by_app():
    places, turns, gate, ended = Places(2), Turns(), asyncio.Event(), []

    async def work() -> None:
        await gate.wait()

    for app_id in (A, B):
        places.start(app_id, work(), ended.append)
    assert places.free == 0
    assert places.room(turns).places == 1  # as another loop may have taken the last one meanwhile
    assert set(places.room(turns).busy_apps) == {A, B}
    gate.set()
    await places.wait_until_free()
    await places.finish()
    assert (places.free, places.room(turns).busy_apps, len(ended)) == (2, [], 2)


async def test_what_does_not_end_is_cancelled_when_all_is_closed():
    places, ended = Places(1), []
    places.start(A, asyncio.sleep(3600), ended.append)
    await places.close(0)
    assert ended[0].cancelled()
