"""What both sites tell browsers, and how they read forms: only their own, and none that goes on for ever."""

import hmac
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from bitpesa.settings import Settings
from bitpesa.tenants.users.model import Device
from bitpesa.web.kit import labels
from bitpesa.web.kit.cookies import is_private
from bitpesa.wiring import Platform

HERE = Path(__file__).parent
STATIC = HERE / "static"

LONGEST_USER_AGENT = 255
LONGEST_FORM_BYTES = 65_536
"""Of somebody who is not logged in; those who are may send as much as the API takes."""
SECONDS_OF_STRICT_TRANSPORT = 31_536_000

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""Nothing comes from elsewhere, nothing is sent elsewhere, nobody frames a page, and no browser keeps it."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One of the sites, as the pages that both have speak of it. Paths are its own."""

    name: str
    label: str
    badge: str
    front: str
    home: str
    log_in: str
    log_out: str
    confirm: str
    forgotten: str
    is_for_clients: bool


def templates(*folders: Path, site: Site) -> Jinja2Templates:
    """The templates of a site: its own, and those that both have."""
    pages = Jinja2Templates(directory=[*folders, HERE / "templates"])
    environment: Environment = pages.env
    environment.globals["site"] = site
    labels.teach(environment)
    return pages


def platform_of(request: Request) -> Platform:
    """The parts of this deployment."""
    platform: Platform = request.app.state.platform
    return platform


def site_of(request: Request) -> Site:
    """Which of the sites is asked."""
    pages: Jinja2Templates = request.app.state.pages
    return cast("Site", pages.env.globals["site"])


def shown(request: Request, template: str, values: dict[str, Any], *, status: int = 200) -> Response:
    """A page made from a template."""
    pages: Jinja2Templates = request.app.state.pages
    headers = safe_headers(platform_of(request).settings)
    return pages.TemplateResponse(request, template, values, status_code=status, headers=headers)


def go(request: Request, path: str) -> Response:
    """Send somebody to another page of ours, and have it asked for by GET."""
    headers = safe_headers(platform_of(request).settings)
    if "hx-request" in request.headers:  # a part of a page was asked for, and another page would be put into it
        return Response(status_code=200, headers={**headers, "HX-Redirect": path})
    return RedirectResponse(path, 303, headers)


def safe_headers(settings: Settings) -> dict[str, str]:
    """What every page tells browsers; over TLS, also never to come without it again."""
    if not is_private(settings):
        return HEADERS
    return {**HEADERS, "Strict-Transport-Security": f"max-age={SECONDS_OF_STRICT_TRANSPORT}"}


async def wrong_form(request: Request, csrf_token: str, *, longest: int) -> Literal["form", "length"] | None:
    """What is wrong with a form: it is not one of ours, shown to this very session; or it goes on for ever."""
    if request.method in ("GET", "HEAD"):
        return None
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > longest:
        return "length"
    given = (await request.form()).get("csrf")
    if isinstance(given, str) and hmac.compare_digest(given.encode(), csrf_token.encode()):
        return None
    return "form"


def device_of(request: Request) -> Device:
    """Where a request comes from, as far as it says so."""
    address = request.client.host if request.client else ""
    return Device(address, request.headers.get("user-agent", "")[:LONGEST_USER_AGENT])
