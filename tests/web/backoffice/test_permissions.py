"""Who may what: every route of the office, from its own table, tried by everybody there is."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from starlette.routing import Route

from bitpesa.tenants.users.model import StaffRole
from bitpesa.web.backoffice.application import make_office
from bitpesa.web.backoffice.guards import DOORS, Door
from bitpesa.web.kit.cookies import OFFICE, PORTAL
from bitpesa.wiring import Platform
from experiments.security.digest import digest_of
from tests.journeys.world import World, open_world
from tests.web.backoffice.officers import VIEWER, at_work, officer, root_of
from tests.web.kit.visiting import Browser, enrolled_user, join, open_browser, session_of

OPEN = {
    "/office/log-in",
    "/office/log-in/code",
    "/office/log-in/passkey",
    "/office/log-in/authenticator",
    "/office/lost-password",
    "/office/lost-password/{token}",
    "/office/keep-address/{token}",
}
"""What asks for no session: only logging in, and what keeps one's account from being taken over."""


OWN_ACCOUNT = {
    "/office/account/address",
    "/office/account/address/withdraw",
    "/office/new-address/{token}",
    "/office/account/password",
    "/office/account/recovery-codes",
    "/office/account/passkeys",
    "/office/account/passkeys/offer",
    "/office/account/passkeys/{id}/remove",
    "/office/account/sessions/end-others",
    "/office/account/sessions/{id}/end",
}
"""What everybody does to himself alone."""


class NoPlatform:
    pass


def routes() -> Iterator[tuple[str, str, Door | None]]:
    """Every route: method, path, and what it asks for."""
    for route in make_office(NoPlatform()).routes:  # type: ignore[arg-type]
        assert isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}:
            yield method, route.path, DOORS.get(route.endpoint)


GUARDED = sorted((method, path, door) for method, path, door in routes() if door is not None)
ACTIONS = [(method, path, door) for method, path, door in GUARDED if method == "POST"]


def filled(world: World, path: str) -> str:
    """A path with ids in it: those of the app are right, so that only permission is what refuses."""
    known = {"app_id": str(world.app.id), "currency": "USD", "kind": "balance"}
    return re.sub(r"{(\w+)}", lambda name: known.get(name[1]) or str(uuid4()), path)


async def ask(browser: Browser, method: str, path: str, **how: Any) -> Any:
    return await (browser.get(path) if method == "GET" else browser.post(path, **how))


async def everything(world: World) -> dict[str, str]:
    """A digest of all that is stored."""
    async with world.platform.database.reading() as conn:
        return await (await digest_of(conn)).everything()


def test_every_route_is_guarded_or_part_of_logging_in() -> None:
    assert {path for _, path, door in routes() if door is None} == OPEN


def test_nothing_changes_without_a_form_and_looking_is_for_every_role() -> None:
    assert {door.needed for method, path, door in GUARDED if method == "GET" and "documents" not in path} == {VIEWER}
    harmless = {"/office/confirm", "/office/confirm/passkey", "/office/log-out", *OWN_ACCOUNT}
    assert {path for _, path, door in ACTIONS if door.needed is VIEWER} == harmless


def test_whatever_moves_money_or_lets_somebody_in_asks_for_a_code_given_lately() -> None:
    without = {path for _, path, door in ACTIONS if not door.fresh}
    assert without == {
        "/office/confirm",
        "/office/confirm/passkey",
        "/office/log-out",
        "/office/account/address/withdraw",
        "/office/new-address/{token}",
        "/office/account/sessions/end-others",
        "/office/account/sessions/{id}/end",
        "/office/senders/{app_id}/{id}",
        "/office/senders/{app_id}/{id}/dismiss",
        "/office/books/audit",
        "/office/books/export",
    }


async def test_strangers_and_users_of_clients_are_sent_to_log_in_and_change_nothing(world: World) -> None:
    user = await enrolled_user(world.platform)
    await join(world.platform, user, world.app.organisation_id)
    token = await session_of(world.platform, user)
    before = await everything(world)
    for cookie in (PORTAL, OFFICE):  # an administrator of a client, also with its token in the office's cookie
        async with open_browser(root_of(world.platform), token, cookie) as browser:
            for method, path, _ in GUARDED:
                answer = await ask(browser, method, filled(world, path))
                assert answer.status == 303, (cookie, method, path)
                assert answer.location.startswith("/office/log-in"), (cookie, method, path)
    async with open_browser(root_of(world.platform)) as stranger:
        for method, path, _ in GUARDED:
            assert (await ask(stranger, method, filled(world, path))).status == 303, (method, path)
    assert await everything(world) == before


async def test_the_portal_knows_no_session_of_staff(world: World) -> None:
    token = await session_of(world.platform, await officer(world.platform))
    for cookie in (PORTAL, OFFICE):
        async with open_browser(root_of(world.platform), token, cookie) as browser:
            for path in ("/portal", "/portal/account", "/portal/test/keys"):
                answer = await browser.get(path)
                assert (answer.status, (answer.location or "")[:7]) == (303, "/log-in"), (cookie, path)


@pytest.mark.parametrize("role", list(StaffRole))
async def test_a_role_may_what_it_covers_and_nothing_else(world: World, role: StaffRole) -> None:
    async with at_work(world.platform, role) as browser:
        for method, path, door in GUARDED:
            if path in ("/office/log-out", "/office/books/export"):
                continue  # the one would end this browser's session, the other answers with a file
            answer = await ask(browser, method, filled(world, path))
            is_refused = answer.status == 403 and "Your role does not allow it" in answer.words
            assert is_refused is not role.covers(door.needed), (role, method, path, answer.status)
            assert answer.status < 500, (method, path)


async def test_a_refused_action_changes_nothing(world: World) -> None:
    async with at_work(world.platform, VIEWER) as browser:
        await browser.get("/office")
        before = await everything(world)
        for method, path, door in ACTIONS:
            if door.needed is not VIEWER:
                assert (await ask(browser, method, filled(world, path))).status == 403, path
        assert await everything(world) == before


async def test_a_form_that_is_not_ours_does_nothing(world: World) -> None:
    async with at_work(world.platform, StaffRole.ADMINISTRATOR) as browser:
        await browser.get("/office")
        before = await everything(world)
        for _, path, _ in ACTIONS:
            answer = await browser.post(filled(world, path), csrf="0" * 64)
            assert answer.status == 403, path
            assert "out of date" in answer.words, path
        assert await everything(world) == before


async def test_who_gave_its_code_long_ago_is_asked_for_another(world: World) -> None:
    async with at_work(world.platform, StaffRole.ADMINISTRATOR, fresh=False) as browser:
        await browser.get("/office")
        before = await everything(world)
        for _, path, door in ACTIONS:
            if door.fresh:
                answer = await browser.post(filled(world, path))
                assert answer.status == 303, path
                assert (answer.location or "").startswith("/office/confirm"), path
        assert await everything(world) == before


async def test_a_network_that_is_not_listed_sees_nothing(fresh_database_url: str) -> None:
    far = open_world(fresh_database_url, office_networks=("192.0.2.0/24",))
    async with far as world, at_work(world.platform, StaffRole.ADMINISTRATOR) as browser:
        for method, path, _ in routes():
            assert (await ask(browser, method, filled(world, path))).status == 404, path
        assert (await browser.get("/log-in")).status == 200
    near = open_world(fresh_database_url, office_networks=("192.0.2.0/24", "127.0.0.0/8"))
    async with near as world, at_work(world.platform) as browser:
        assert (await browser.get("/office")).status == 200


async def test_an_idle_session_ends_soon(world: World) -> None:
    user = await officer(world.platform)
    async with at_work(world.platform, user=user) as browser:
        assert (await browser.get("/office")).status == 200
        await idle(world.platform, "14 minutes")
        assert (await browser.get("/office")).status == 200
        await idle(world.platform, "16 minutes")
        assert (await browser.get("/office")).location == "/office/log-in"


async def idle(platform: Platform, long: str) -> None:
    async def make(work: Any) -> None:
        await work.conn.execute(f"update sessions set seen_at = clock_timestamp() - interval '{long}'")  # noqa: S608

    await platform.database.run(make)
