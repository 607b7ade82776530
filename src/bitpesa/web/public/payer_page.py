"""The page on which a payer confirms or refuses a payment, in the sandbox: plain forms, no script (flows 7).

The token in its address is all that opens it. Confirming and refusing lead back to where the client wants its payers.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.kernel.values.money import minor_to_decimal
from bitpesa.payments.collections.model import PayinMethod
from bitpesa.payments.transactions.model import Payment, TransactionState
from bitpesa.sandbox import operations
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.public.front_page import SAFE_HEADERS
from bitpesa.wiring import collecting_terms

PAYABLE = frozenset({TransactionState.APPROVED, TransactionState.PENDING})
"""Others wait for the check of their sender, or have ended."""

HEADERS = {**SAFE_HEADERS, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


async def show(request: Request) -> Response:
    """Show what is to be paid, or how it ended."""
    platform = platform_of(request)
    try:
        async with platform.database.reading() as conn:
            app, payment, method = await operations.show_page(conn, request.path_params["token"])
    except NotFound:
        return _page(request, "payer_unknown.html", {}, 404)
    return _page(request, "payer.html", _shown(app, payment, method))


async def confirm(request: Request) -> Response:
    """The payer pays, and goes back to the client's page."""
    platform = platform_of(request)
    terms = collecting_terms(platform.settings, speedup=platform.settings.sandbox_speedup)
    try:
        _, method = await platform.database.run(operations.confirm_page, request.path_params["token"], terms=terms)
    except NotFound:
        return _page(request, "payer_unknown.html", {}, 404)
    except Invalid:  # it ended meanwhile: the page says how
        return _again(request)
    return _back(request, method)


async def refuse(request: Request) -> Response:
    """The payer does not pay, and goes back to the client's page."""
    platform = platform_of(request)
    try:
        method = await platform.database.run(operations.refuse_page, request.path_params["token"])
    except NotFound:
        return _page(request, "payer_unknown.html", {}, 404)
    except Invalid:
        return _again(request)
    return _back(request, method)


def _shown(app: App, payment: Payment, method: PayinMethod) -> dict[str, Any]:
    t = payment.transaction
    return {
        "app": app,
        "amount": f"{minor_to_decimal(t.due_minor or t.paid_minor or t.input_minor, t.input_currency):,f}",
        "currency": t.input_currency,
        "reference": t.payin_reference,
        "type": method.type,
        "state": method.state,
        "is_open": method.is_open,
        "is_payable": method.is_open and t.state in PAYABLE,
        "return_to": method.in_details.get("redirect_url"),
    }


def _back(request: Request, method: PayinMethod) -> Response:
    """Send the payer to the client's page, or back to ours where the client named none."""
    target = method.in_details.get("redirect_url")
    if not isinstance(target, str):
        return _again(request)
    return RedirectResponse(target, 303, HEADERS)


def _again(request: Request) -> Response:
    return RedirectResponse(f"/pay/{request.path_params['token']}", 303, HEADERS)


def _page(request: Request, name: str, shown: dict[str, Any], status: int = 200) -> Response:
    pages: Jinja2Templates = request.app.state.pages
    return pages.TemplateResponse(request, name, shown, status_code=status, headers=HEADERS)
