"""Pages about an app: what its dashboard, webhooks, logs and bench have in common.

    @app_page(Permission.WEBHOOKS_READ)
    async def show(request: Request, visitor: Visitor, app: App) -> Response: ...

Before live is approved there is no live app, and such a page says so. What is not there answers 404, within the portal.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import Malformed, NotFound
from bitpesa.tenants.organisations.model import App
from bitpesa.tenants.users.model import Permission
from bitpesa.web.portal.guards import Endpoint, Visitor, forbidden, page, render

AppPage: TypeAlias = Callable[[Request, Visitor, App], Awaitable[Response]]


def app_page(
    permission: Permission | None = None, *, moves_money: bool = False, sandbox_only: bool = False
) -> Callable[[AppPage], Endpoint]:
    """A page about an app, for whom may see it; what `moves_money` of live is for administrators (decision 0027)."""

    def decorate(show: AppPage) -> Endpoint:
        @page(permission)
        @wraps(show)
        async def endpoint(request: Request, visitor: Visitor) -> Response:
            if visitor.app is None:
                return render(request, visitor, "not_live.html")
            if sandbox_only and not visitor.app.is_sandbox:
                return not_there(request, visitor)
            if moves_money and not may_move_money(visitor, visitor.app):
                return forbidden(request, visitor)
            try:
                return await show(request, visitor, visitor.app)
            except (NotFound, Malformed):
                return not_there(request, visitor)

        return endpoint

    return decorate


def may_move_money(visitor: Visitor, app: App) -> bool:
    """Whether a visitor may fund, edit and cancel: play money is everybody's, real money the administrators'."""
    return app.is_sandbox or visitor.is_administrator


def not_there(request: Request, visitor: Visitor) -> Response:
    """Say that there is no such page."""
    return render(request, visitor, "not_there.html", status=404)
