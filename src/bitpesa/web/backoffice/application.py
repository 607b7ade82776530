"""The back office as one ASGI application, served below /office."""

from pathlib import Path
from types import ModuleType

from starlette.applications import Starlette

from bitpesa.web.backoffice import (
    account,
    address,
    balances,
    books,
    home,
    lists,
    log_in,
    mandates,
    menu,
    organisations,
    payments,
    payouts,
    rates,
    senders,
    staff,
    surplus,
    trail,
    users,
)
from bitpesa.web.backoffice.site import SITE
from bitpesa.web.kit.answers import templates
from bitpesa.web.kit.failures import exception_handlers
from bitpesa.wiring import Platform

HERE = Path(__file__).parent

_PAGES: tuple[ModuleType, ...] = (
    home,
    log_in,
    senders,
    payments,
    payouts,
    mandates,
    surplus,
    organisations,
    users,
    balances,
    rates,
    lists,
    books,
    trail,
    staff,
    account,
    address,
)


def make_office(platform: Platform) -> Starlette:
    """The back office of a deployment. Its look is in the portal's folder of static files."""
    office = Starlette(
        routes=[route for page in _PAGES for route in page.ROUTES],
        exception_handlers=exception_handlers("office.failed"),
    )
    office.state.platform = platform
    office.state.pages = templates(HERE / "templates", site=SITE)
    office.state.pages.env.globals["menu_of"] = menu.menu_of
    return office
