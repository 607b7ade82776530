"""Every door has a rule: what `make security` would find after a minute is found here at once."""

from typing import Any

import pytest
from starlette.routing import Mount, Route

from bitpesa.api.routes import routes
from experiments.harness.machine import Circumstances
from experiments.security import doors
from experiments.security.doors import DOORS, all_routes, is_guarded, is_public, pages
from experiments.security.findings import Chapter, Promise, report


def test_every_operation_has_a_row_and_every_row_an_operation():
    assert {f"{route.method} {route.path}" for route in routes()} == set(DOORS)


def test_every_page_is_listed_or_guarded():
    class NoPlatform:
        pass

    routes = all_routes(NoPlatform())
    assert "/office/senders" in dict(pages(routes))
    assert [path for path, route in pages(routes) if not is_public(path) and not is_guarded(route)] == []


def guarded(make: str, file: str = "/a/portal/guards.py") -> Any:
    """An endpoint as a guard would make it, in a file of that name."""
    code = f"""
def {make}(show):
    def decorate(show):
        async def endpoint(request):
            return await show(request)
        return endpoint
    return decorate(show)
"""
    made: dict[str, Any] = {}
    exec(compile(code, file, "exec"), made)  # noqa: S102 - ours, above
    return made[make](None)


@pytest.mark.parametrize("make", sorted(doors.GUARDS))
def test_a_page_is_guarded_by_what_runs(make):
    assert is_guarded(Route("/x", guarded(make)))


def test_what_only_looks_like_a_guard_is_none():
    async def show(_request):
        return None

    assert not is_guarded(Route("/x", show))
    assert not is_guarded(Route("/x", guarded("open_page")))
    assert not is_guarded(Route("/x", guarded("page", "/a/portal/other.py")))


def test_pages_below_a_folder_are_found():
    async def show(_request):
        return None

    found = pages([Mount("/portal", routes=[Route("/webhooks", show)]), Route("/y", show)])
    assert [path for path, _ in found] == ["/portal/webhooks", "/y"]


def test_a_promise_is_kept_by_being_tried_and_never_broken():
    kept, untried, broken = (Promise(sentence=name) for name in ("kept", "untried", "broken"))
    kept.hold(so=True, attempt="a")
    broken.hold(so=True, attempt="b")
    broken.hold(so=False, attempt="the attempt that broke it")
    assert [each.is_kept for each in (kept, untried, broken)] == [True, False, False]
    where = Circumstances(date="today", commit="c", machine="m", postgres="p", storage="s")
    text = report([Chapter("Title", [kept, untried, broken])], where, [])
    assert "Broken: broken\n- the attempt that broke it" in text
    assert "Broken: untried\n- it was never tried" in text
