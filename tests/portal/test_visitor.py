"""What a page asks of whoever wants to see it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.cli.http import answering, listen
from bitpesa.people.model import Permission
from bitpesa.portal.application import make_portal
from bitpesa.portal.visitor import Visitor, account_page, page, render
from bitpesa.wiring import Platform
from tests.journeys.world import World
from tests.pages.visiting import (
    enrolled_user,
    join,
    new_organisation,
    open_browser,
    session_of,
    signed_in,
)


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
        Route("/portal/try-logs", logs, methods=METHODS),
        Route("/portal/try-secret", secret, methods=METHODS),
        Route("/portal/try-trail", trail, methods=METHODS),
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
        asked = await browser.get("/portal/try-logs?page=2&q=a%26b")
        assert (asked.status, asked.location) == (303, "/log-in?next=/portal/try-logs%3Fpage%3D2%26q%3Da%2526b")
        sent = await browser.post("/portal/try-logs")
        assert (sent.status, sent.location) == (303, "/log-in")
        part = await browser.get("/portal/try-logs", **{"HX-Request": "true"})
        assert (part.status, part.headers["HX-Redirect"]) == (200, "/log-in?next=/portal/try-logs")


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
        assert (await browser.get("/portal/try-logs")).location == "/portal/organisations/new"
        assert (await browser.get("/portal/try-account")).text == f"{user.email} None False"


async def test_a_permission_opens_its_page_and_no_other(root: str, platform: Platform) -> None:
    organisation = await new_organisation(platform)
    async with signed_in(platform, organisation, [Permission.LOGS_READ], root=root) as browser:
        assert (await browser.get("/portal/try-logs")).status == 200
        assert (await browser.get("/portal/try-trail")).status == 403
    others = set(Permission) - {Permission.LOGS_READ}
    async with signed_in(platform, organisation, others, root=root) as browser:
        shown = await browser.get("/portal/try-logs")
        assert shown.status == 403
        assert "You may not see this" in shown.words
        assert (await browser.post("/portal/try-logs")).status == 403
    async with signed_in(platform, organisation, root=root) as browser:
        assert (await browser.get("/portal/try-logs")).status == 200
        assert (await browser.get("/portal/try-trail")).status == 200


async def test_a_permission_counts_in_its_own_organisation_only(root: str, platform: Platform) -> None:
    first, second = await new_organisation(platform, "First"), await new_organisation(platform, "Second")
    user = await enrolled_user(platform)
    await join(platform, user, first)
    await join(platform, user, second, [])
    async with open_browser(root, await session_of(platform, user)) as browser:
        assert (await browser.get("/portal/try-logs")).status == 200
        assert (await browser.post("/portal/organisation", organisation=str(second))).location == "/portal"
        assert (await browser.get("/portal/try-logs")).status == 403
        foreign = await new_organisation(platform, "Third")
        assert (await browser.post("/portal/organisation", organisation=str(foreign))).status == 403
        assert (await browser.post("/portal/organisation", organisation="x")).status == 403
        assert (await browser.get("/portal/try-logs")).status == 403


async def test_a_form_must_be_of_this_session(root: str, platform: Platform) -> None:
    organisation = await new_organisation(platform)
    async with signed_in(platform, organisation, root=root) as browser, signed_in(platform, organisation) as other:
        assert (await browser.post("/portal/try-logs")).status == 200
        assert other.token
        from bitpesa.pages.cookies import csrf_of

        for wrong in ("", "0" * 64, csrf_of(other.token), "é"):
            refused = await browser.post("/portal/try-logs", csrf=wrong)
            assert refused.status == 403
            assert "out of date" in refused.words
        async with browser.session.post(f"{root}/portal/try-logs") as answer:  # no form at all
            assert answer.status in {403, 413}
        async with browser.session.post(f"{root}/portal/try-logs", json={"csrf": "x"}) as answer:
            assert answer.status == 403


async def test_secrets_ask_for_a_new_code_after_a_while(root: str, platform: Platform) -> None:
    organisation = await new_organisation(platform)
    async with signed_in(platform, organisation, root=root) as browser:
        assert "a secret of sandbox" in (await browser.get("/portal/try-secret")).text
        async with platform.database.reading() as conn:
            await conn.execute("update sessions set second_factor_at = clock_timestamp() - interval '601 seconds'")
        assert (await browser.get("/portal/try-secret")).location == "/portal/confirm?next=/portal/try-secret"
        assert (await browser.post("/portal/try-secret")).location == "/portal/confirm?next=/portal/try-secret"
        assert (await browser.get("/portal/try-logs")).status == 200


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
        assert (await browser.get("/portal/try-logs")).status == 200
        async with platform.database.reading() as conn:
            await conn.execute(change)
        assert (await browser.get("/portal/try-logs")).location == "/log-in?next=/portal/try-logs"


async def test_the_switch_turns_to_live_where_there_may_be_no_app(root: str, platform: Platform) -> None:
    async with signed_in(platform, await new_organisation(platform), root=root) as browser:
        assert "App(" in (await browser.get("/portal/try-trail")).text
        assert (await browser.post("/portal/environment", environment="live")).location == "/portal"
        for here, back in {
            "/portal/logs/1?page=2": "/portal/logs",
            "//evil.example/": "/portal",
            "/log-in": "/portal",
            "/portal": "/portal",
        }.items():
            assert (await browser.post("/portal/environment", environment="live", here=here)).location == back
        assert (await browser.get("/portal/try-trail")).text == "None"
        shown = await browser.get("/portal/try-logs")
        assert 'value="sandbox"' in shown.text  # there is a way back
        await browser.post("/portal/environment", environment="anything")
        assert "App(" in (await browser.get("/portal/try-trail")).text


async def test_logging_out_ends_the_session_itself(root: str, platform: Platform) -> None:
    async with signed_in(platform, await new_organisation(platform), root=root) as browser:
        token = browser.token
        assert (await browser.post("/log-out", csrf="0")).status == 403
        left = await browser.post("/log-out")
        assert left.location == "/log-in"
        assert browser.token is None
    async with open_browser(root, token) as thief:
        assert (await thief.get("/portal/try-logs")).location == "/log-in?next=/portal/try-logs"


async def test_pages_take_nothing_from_elsewhere_and_are_kept_by_nobody(root: str, platform: Platform) -> None:
    async with signed_in(platform, await new_organisation(platform), root=root) as browser:
        shown = await browser.get("/portal/try-logs")
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
