from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.journeys.world import PERSON, World, ok
from tests.web.kit.visiting import Browser, signed_in


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        yield browser


async def waiting_sender(world: World) -> dict[str, Any]:
    await world.change_settings(kyc_mode="approval")
    made: dict[str, Any] = (await world.client.post("/senders", {"sender": PERSON | {"external_id": "S-9"}})).object
    assert made["state"] == "initial"
    return made


async def test_a_sender_is_decided_about(world: World, browser: Browser) -> None:
    sender = await waiting_sender(world)
    path = f"/portal/test/bench/senders/{sender['id']}/review"
    nonsense = await browser.post(path, outcome="praised", reason="")
    assert nonsense.status == 422
    assert "Not one of the choices (inclusion)" in nonsense.words
    done = await browser.post(path, outcome="rejected", reason="its papers are unreadable", follow=True)
    assert "The decision is made." in done.words
    assert "its papers are unreadable" in done.words
    assert (await world.client.get(f"/senders/{sender['id']}")).object["state"] == "rejected"


async def test_a_payment_is_held_and_released_or_refused(world: World, browser: Browser) -> None:
    for outcome, ending in {"released": "paid", "refused": "refunded"}.items():
        created = await world.transaction(ok("00"))
        path = f"/portal/test/bench/transactions/{created['id']}/review"
        early = await browser.post(path, outcome=outcome)
        assert early.status == 422
        held = await browser.post(path, outcome="held", follow=True)
        assert "It will be held when its money comes." in held.words
        await world.debit(created)
        await world.drain()
        page = await browser.get(f"/portal/test/transactions/{created['id']}")
        assert "Its payouts have not started yet." in page.words
        assert (await browser.post(path, outcome=outcome)).location == (
            f"/portal/test/transactions/{created['id']}?done={outcome}"
        )
        await world.drain()
        assert (await world.show(created))["state"] == ending
    assert (await browser.post(path, outcome="nonsense")).status == 422


async def test_what_belongs_to_another_organisation_or_is_no_form_of_ours_is_not_decided(world: World) -> None:
    sender = await waiting_sender(world)
    created = await world.transaction(ok("00"))
    paths = [
        f"/portal/test/bench/senders/{sender['id']}/review",
        f"/portal/test/bench/transactions/{created['id']}/review",
    ]
    other, _ = await world.open_app()
    async with signed_in(world.platform, other.organisation_id) as stranger:
        for path, outcome in zip(paths, ("approved", "held"), strict=True):
            assert (await stranger.post(path, outcome=outcome)).status == 404
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        for path, outcome in zip(paths, ("approved", "held"), strict=True):
            assert (await browser.post(path, csrf="0" * 64, outcome=outcome)).status == 403
        for path, outcome in zip(
            (path.replace("/test/", "/live/") for path in paths), ("approved", "held"), strict=True
        ):
            assert "You are not live yet" in (await browser.post(path, outcome=outcome)).words
    assert (await world.client.get(f"/senders/{sender['id']}")).object["state"] == "initial"
