"""The one cookie of each site: a random token, of a session once somebody is logged in.

Before that it only ties forms to the browser that was shown them. A form carries a text derived from the token, which
no other site can know: that is what every POST is checked for.
"""

import hmac

from starlette.requests import Request
from starlette.responses import Response

from bitpesa.settings import Settings

PORTAL = "bitpesa"
OFFICE = "bitpesa_office"
"""The names of the cookies: a browser may be logged in to both sites."""

LONGEST_TOKEN = 128

_PURPOSE = b"bitpesa form"


def token_of(request: Request, settings: Settings, site: str = PORTAL) -> str | None:
    """The token that a browser sent."""
    token = request.cookies.get(_name(settings, site))
    return token if token and len(token) <= LONGEST_TOKEN and token.isascii() else None


def csrf_of(token: str) -> str:
    """What a form says that was shown to the browser with this token."""
    return hmac.digest(token.encode(), _PURPOSE, "sha256").hex()


def set_token(response: Response, settings: Settings, token: str, site: str = PORTAL) -> None:
    """Have the browser keep a token until it is closed, or the session ends."""
    response.set_cookie(
        _name(settings, site), token, path="/", secure=is_private(settings), httponly=True, samesite="lax"
    )


def forget_token(response: Response, settings: Settings, site: str = PORTAL) -> None:
    """Have the browser forget its token."""
    response.delete_cookie(_name(settings, site), path="/", secure=is_private(settings), httponly=True, samesite="lax")


def is_private(settings: Settings) -> bool:
    """Whether users come over TLS: then the cookie never travels without it."""
    return settings.portal.startswith("https://")


def _name(settings: Settings, site: str) -> str:
    """Browsers let no other host and no subdomain set a cookie whose name begins with `__Host-`."""
    return f"__Host-{site}" if is_private(settings) else site
