"""What a page asks of whoever wants to see it."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.server.http import answering, listen
from bitpesa.tenants.users.model import Permission
from bitpesa.web.portal.application import make_portal
from bitpesa.web.portal.guards import ENVIRONMENTS, PLACE, Visitor, account_page, page, render
from bitpesa.web.portal.menu import switch_of
from bitpesa.wiring import Platform
from tests.journeys.world import World
from tests.web.kit.visiting import enrolled_user, join, new_organisation, open_browser, session_of, signed_in


@page(Permission.LOGS_READ)
async def logs(request: Request, visitor: Visitor) -> Response:
    return render(request, visitor, "people/refused.html", why="permission", marker=visitor.organisation.name)


@page(fresh=True)
async def secret(_request: Request, visitor: Visitor) -> Response:
    return Response(f"a secret of {visitor.environment} for {visitor.user.email}")


@page(administrator=True)
async def trail(_request: Request, visitor: Visitor) -> Response:
    return Response(f"{visitor.app}")


@account_page()
async def account(_request: Request, visitor: Any) -> Response:
    return Response(f"{visitor.user.email} {visitor.organisation} {visitor.may(Permission.LOGS_READ)}")


METHODS = ["GET", "POST"]


def routes() -> list[Route]:
    return [
        Route(f"{PLACE}/try-logs", logs, methods=METHODS),
        Route(f"{PLACE}/try-secret", secret, methods=METHODS),
        Route(f"{PLACE}/try-trail", trail, methods=METHODS),
        Route("/portal/try-account", account, methods=METHODS),
    ]


@pytest.fixture
async def root(world: World) -> AsyncIterator[str]:
    portal: Starlette = make_portal(world.platform, dict)
    portal.router.routes.extend(routes())
    listener = listen("127.0.0.1", 0)
    async with answering(portal, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def platform(world: World) -> Platform:
    return world.platform


async def test_a_stranger_is_sent_to_log_in_and_back_afterwards(root: str) -> None:
    async with open_browser(root) as browser:
        asked = await browser.get("/portal/test/try-logs?page=2&q=a%26b")
        assert (asked.status, asked.location) == (303, "/log-in?next=/portal/test/try-logs%3Fpage%3D2%26q%3Da%2526b")
        sent = await browser.post("/portal/test/try-logs")
        assert (sent.status, sent.location) == (303, "/log-in")
        part = await browser.get("/portal/test/try-logs", **{"HX-Request": "true"})
        assert (part.status, part.headers["HX-Redirect"]) == (200, "/log-in?next=/portal/test/try-logs")


async def test_who_has_no_authenticator_is_sent_to_enrol_one(root: str, platform: Platform) -> None:
    user = await enrolled_user(platform)
    async with platform.database.reading() as conn:
        await conn.execute("update users set totp_enrolled_at = null")
    async with open_browser(root, await session_of(platform, user)) as browser:
        assert (await browser.get("/portal/try-account")).location == "/log-in/authenticator?next=/portal/try-account"


async def test_who_gave_no_code_is_sent_to_give_one(root: str, platform: Platform) -> None:
    token = await session_of(platform, await enrolled_user(platform))
    async with platform.database.reading() as conn:
        await conn.execute("update sessions set second_factor_at = null")
    async with open_browser(root, token) as browser:
        assert (await browser.get("/portal/try-account")).location == "/log-in/code?next=/portal/try-account"


async def test_who_belongs_nowhere_sees_the_account_and_is_sent_to_make_an_organisation(
    root: str, platform: Platform
) -> None:
    user = await enrolled_user(platform)
    async with open_browser(root, await session_of(platform, user)) as browser:
        assert (await browser.get("/portal/test/try-logs")).location == "/portal/organisations/new"
        assert (await browser.get("/portal/try-account")).text == f"{user.email} None False"


async def test_a_permission_opens_its_page_and_no_other(root: str, platform: Platform) -> None:
    organisation = await new_organisation(platform)
    async with signed_in(platform, organisation, [Permission.LOGS_READ], root=root) as browser:
        assert (await browser.get("/portal/test/try-logs")).status == 200
        assert (await browser.get("/portal/test/try-trail")).status == 403
    others = set(Permission) - {Permission.LOGS_READ}
    async with signed_in(platform, organisation, others, root=root) as browser:
        shown = await browser.get("/portal/test/try-logs")
        assert shown.status == 403
        assert "You may not see this" in shown.words
        assert (await browser.post("/portal/test/try-logs")).status == 403
    async with signed_in(platform, organisation, root=root) as browser:
        assert (await browser.get("/portal/test/try-logs")).status == 200
        assert (await browser.get("/portal/test/try-trail")).status == 200


async def test_a_permission_counts_in_its_own_organisation_only(root: str, platform: Platform) -> None:
    first, second = await new_organisation(platform, "First"), await new_organisation(platform, "Second")
    user = await enrolled_user(platform)
    await join(platform, user, first)
    await join(platform, user, second, [])
    async with open_browser(root, await session_of(platform, user)) as browser:
        assert (await browser.get("/portal/test/try-logs")).status == 200
        assert (await browser.post("/portal/organisation", organisation=str(second))).location == "/portal"
        assert (await browser.get("/portal/test/try-logs")).status == 403
        foreign = await new_organisation(platform, "Third")
        assert (await browser.post("/portal/organisation", organisation=str(foreign))).status == 403
        assert (await browser.post("/portal/organisation", organisation="x")).status == 403
        assert (await browser.get("/portal/test/try-logs")).status == 403


async def test_a_form_must_be_of_this_session(root: str, platform: Platform) -> None:
    organisation = await new_organisation(platform)
    async with signed_in(platform, organisation, root=root) as browser, signed_in(platform, organisation) as other:
        assert (await browser.post("/portal/test/try-logs")).status == 200
        assert other.token
        from bitpesa.web.kit.cookies import csrf_of

        for wrong in ("", "0" * 64, csrf_of(other.token), "é"):
            refused = await browser.post("/portal/test/try-logs", csrf=wrong)
            assert refused.status == 403
            assert "out of date" in refused.words
        async with browser.session.post(f"{root}/portal/test/try-logs") as answer:  # no form at all
            assert answer.status in {403, 413}
        async with browser.session.post(f"{root}/portal/test/try-logs", json={"csrf": "x"}) as answer:
            assert answer.status == 403


async def test_secrets_ask_for_a_new_code_after_a_while(root: str, platform: Platform) -> None:
    organisation = await new_organisation(platform)
    async with signed_in(platform, organisation, root=root) as browser:
        assert "a secret of sandbox" in (await browser.get("/portal/test/try-secret")).text
        async with platform.database.reading() as conn:
            await conn.execute("update sessions set second_factor_at = clock_timestamp() - interval '601 seconds'")
        assert (await browser.get("/portal/test/try-secret")).location == "/portal/confirm?next=/portal/test/try-secret"
        assert (
            await browser.post("/portal/test/try-secret")
        ).location == "/portal/confirm?next=/portal/test/try-secret"
        assert (await browser.get("/portal/test/try-logs")).status == 200


@pytest.mark.parametrize(
    "change",
    [
        "update sessions set ended_at = clock_timestamp()",
        "update sessions set seen_at = clock_timestamp() - interval '43201 seconds'",
        "update sessions set began_at = clock_timestamp() - interval '604801 seconds'",
        "update users set disabled_at = clock_timestamp()",
    ],
)
async def test_a_session_that_is_over_opens_nothing(root: str, platform: Platform, change: str) -> None:
    async with signed_in(platform, await new_organisation(platform), root=root) as browser:
        assert (await browser.get("/portal/test/try-logs")).status == 200
        async with platform.database.reading() as conn:
            await conn.execute(change)
        assert (await browser.get("/portal/test/try-logs")).location == "/log-in?next=/portal/test/try-logs"


async def test_the_address_says_which_environment_is_shown(root: str, platform: Platform) -> None:
    async with signed_in(platform, await new_organisation(platform), root=root) as browser:
        assert "environment='sandbox'" in (await browser.get("/portal/test/try-trail")).text
        assert (await browser.get("/portal/live/try-trail")).text == "None", "before live is approved it has no app"
        assert "environment='sandbox'" in (await browser.get("/portal/test/try-trail")).text
        assert (await browser.get("/portal/sandbox/try-trail")).status == 404
        assert (await browser.get("/portal/try-trail")).status == 404


@pytest.mark.parametrize(
    ("here", "test", "live"),
    [
        ("/portal/test/logs/1?page=2", "/portal/test/logs", "/portal/live/logs"),
        ("/portal/live/keys", "/portal/test/keys", "/portal/live/keys"),
        ("/portal/test/bench/collections", "/portal/test", "/portal/live"),
        ("/portal/test/transactions/1", "/portal/test", "/portal/live"),
        ("/portal/live", "/portal/test", "/portal/live"),
        ("/portal/account", "/portal/test", "/portal/live"),
    ],
)
def test_the_switch_leads_to_the_same_section_on_the_other_side(here: str, test: str, live: str) -> None:
    word = here.split("/")[2]
    visitor = SimpleNamespace(environment=ENVIRONMENTS.get(word), at=f"/portal/{word}")
    assert [path for _, path, _ in switch_of(visitor, here)] == [test, live]
    assert [label for label, _, is_here in switch_of(visitor, here) if is_here] == [
        label for label in ("Test", "Live") if label.lower() == word
    ]


async def test_an_address_without_environment_leads_to_the_sandbox(world: World) -> None:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        for old, new in {
            "/portal": "/portal/test",
            "/portal?page=2": "/portal/test?page=2",
            "/portal/keys": "/portal/test/keys",
            "/portal/logs/webhooks?from=2026-01-01": "/portal/test/logs/webhooks?from=2026-01-01",
            "/portal/transactions/x": "/portal/test/transactions/x",
        }.items():
            assert (await browser.get(old)).location == new
        for old in ("/portal/keys", "/portal/webhooks", "/portal/bench/clock"):
            assert (await browser.post(old)).status == 405, "a form that names no environment does nothing"
    async with open_browser(world.platform.settings.sandbox_origins[0]) as stranger:
        assert (await stranger.get("/portal/keys")).location == "/log-in?next=/portal/keys"


async def test_logging_out_ends_the_session_itself(root: str, platform: Platform) -> None:
    async with signed_in(platform, await new_organisation(platform), root=root) as browser:
        token = browser.token
        assert (await browser.post("/log-out", csrf="0")).status == 403
        left = await browser.post("/log-out")
        assert left.location == "/log-in"
        assert browser.token is None
    async with open_browser(root, token) as thief:
        assert (await thief.get("/portal/test/try-logs")).location == "/log-in?next=/portal/test/try-logs"


async def test_pages_take_nothing_from_elsewhere_and_are_kept_by_nobody(root: str, platform: Platform) -> None:
    async with signed_in(platform, await new_organisation(platform), root=root) as browser:
        shown = await browser.get("/portal/test/try-logs")
    policy = shown.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for part in ("default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in shown.headers
    assert "style=" not in shown.text


async def test_a_form_of_a_stranger_is_short(root: str) -> None:
    async with open_browser(root) as browser:
        assert (await browser.post("/log-in", email="x" * 70_000)).status == 413
