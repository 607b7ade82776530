"""The front page: where the API answers, and how to make the first call."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates


async def front_page(request: Request) -> Response:
    """Show the front page."""
    pages: Jinja2Templates = request.app.state.pages
    root = str(request.base_url).rstrip("/")
    return pages.TemplateResponse(request, "front.html", {"base_url": f"{root}/v1"}, headers=SAFE_HEADERS)


SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing on our pages comes from elsewhere, and nobody frames them."""
