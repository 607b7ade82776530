"""Every door there is, and what knocking at it takes: operations of the API, files by link, pages of portal and office.

An operation without a row here, or a page that is neither listed nor guarded, breaks a promise: whoever adds one says
who may come in.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from starlette.routing import BaseRoute, Mount, Route

from bitpesa.api.reference.document import published
from bitpesa.web.backoffice.application import make_office
from bitpesa.web.portal.application import make_portal
from bitpesa.wiring import Platform
from tests.api.reference.stories import PICTURE
from tests.journeys.world import PERSON, ok

Body = Callable[[Mapping[str, str]], Any]
"""What is sent: `victim` has the ids of the other app's objects."""


class Door(msgspec.Struct, frozen=True):
    """An operation: the kind of object that its path names, if any, and what is sent."""

    names: str | None = None
    sends: Body | None = None


def _transaction(victim: Mapping[str, str]) -> Any:
    return {"transaction": {"input_currency": "USD", "sender": {"id": victim["sender"]}, "recipients": [ok("00")]}}


def _debit(victim: Mapping[str, str]) -> Any:
    return {"debit": {"to_id": victim["transaction"], "to_type": "Transaction"}}


def _sender(victim: Mapping[str, str]) -> Any:
    return {"sender": {**PERSON, "external_id": "stolen", "documents": [{"id": victim["document"]}]}}


def _always(content: Any) -> Body:
    return lambda _victim: content


DOORS: dict[str, Door] = {
    "POST /senders": Door(sends=_sender),
    "GET /senders": Door(),
    "GET /senders/{id}": Door("sender"),
    "PATCH /senders/{id}": Door("sender", _always({"sender": {"city": "Rome"}})),
    "DELETE /senders/{id}": Door("idle_sender"),
    "POST /documents": Door(sends=_always({"document": {"upload": PICTURE, "upload_file_name": "a.png"}})),
    "GET /documents": Door(),
    "GET /documents/{id}": Door("document"),
    "DELETE /documents/{id}": Door("document"),
    "POST /transactions/calculate": Door(sends=_transaction),
    "POST /transactions/validate": Door(sends=_transaction),
    "POST /transactions": Door(sends=_transaction),
    "POST /transactions/create_and_fund": Door(sends=_transaction),
    "GET /transactions": Door(),
    "GET /transactions/{id}": Door("transaction"),
    "GET /recipients": Door(),
    "PATCH /recipients/{id}": Door(
        "failing_recipient", _always({"recipient": {"payout_method": {"details": {"bank_account": "12345678900"}}}})
    ),
    "DELETE /recipients/{id}": Door("failing_recipient"),
    "GET /recipients/{id}/proof_of_payments": Door("paid_recipient"),
    "GET /payin_methods/{id}": Door("payin_method"),
    "PATCH /payin_methods/{id}": Door("payin_method", _always({"payin_method": {"in_details": {"otp": "123456"}}})),
    "DELETE /payin_methods/{id}": Door("payin_method"),
    "POST /payin_methods/{id}/retry": Door("payin_method"),
    "POST /payout_methods": Door(sends=_always({"payout_method": ok("00")["payout_method"]})),
    "GET /payout_methods": Door(),
    "GET /payout_methods/{id}": Door("payout_method"),
    "PATCH /payout_methods/{id}": Door(
        "payout_method", _always({"payout_method": {"details": {"bank_account": "12345678901"}}})
    ),
    "DELETE /payout_methods/{id}": Door("payout_method"),
    "GET /accounts": Door(),
    "GET /accounts/{currency}": Door("currency"),
    "POST /accounts/debits": Door(sends=_debit),
    "GET /accounts/debits": Door(),
    "GET /accounts/debits/{id}": Door("debit"),
    "POST /account_validations": Door(
        sends=_always(
            {"country": "NG", "currency": "NGN", "method": "bank", "bank_code": "058", "bank_account": "12345678900"}
        )
    ),
    "GET /mandates/{id}": Door("mandate"),
    "GET /dlocal/balance": Door(),
    "GET /info/currencies": Door(),
    "GET /info/currencies/in": Door(),
    "GET /info/currencies/out": Door(),
    "GET /info/payment_methods/in": Door(),
    "GET /info/payment_methods/out": Door(),
    "GET /info/payment_methods/out/{type}/requirements": Door("payout_type"),
    "POST /info/payment_methods/out/{type}/requirements": Door("payout_type", _always({"recipient": ok("00")})),
    "POST /webhooks": Door(
        sends=_always({"webhook": {"url": "https://example.com/webhook", "events": ["transaction.paid_out"]}})
    ),
    "GET /webhooks": Door(),
    "GET /webhooks/events": Door(),
    "GET /webhooks/{id}": Door("webhook"),
    "DELETE /webhooks/{id}": Door("webhook"),
    "POST /webhooks/{id}/enable": Door("webhook"),
    "POST /webhooks/{id}/replay": Door("webhook", _always({"replay": {"from": "2026-03-02"}})),
    "POST /logs/{id}/replay": Door("webhook_log"),
    "GET /logs/webhooks": Door(),
    "GET /logs/{id}": Door("webhook_log"),
    "GET /api_logs": Door(),
    "GET /api_logs/{id}": Door("api_log"),
    "GET /reports": Door(),
    "POST /authenticated_url": Door(sends=lambda victim: {"path": victim["report"]}),
    "POST /transactions/{id}/payin": Door("transaction", _always({"payin_method": {"type": "NGN::Bank"}})),
    "POST /transactions/{id}/payout": Door("transaction"),
    "POST /sandbox/payin_methods/{id}/payment": Door("payin_method", _always({"payment": {"amount": 50000}})),
    "POST /sandbox/payin_methods/{id}/answer": Door("payin_method", _always({"answer": {"code": "541"}})),
    "POST /sandbox/transactions/{id}/return": Door("collection"),
    "GET /sandbox/clock": Door(),
    "POST /sandbox/clock": Door(sends=_always({"clock": {"advance_seconds": 3600}})),
    "POST /sandbox/reset": Door(sends=_always({"reset": {"balances": {"USD": "1.00"}}})),
    "POST /sandbox/recipients/{id}/answer": Door("pending_recipient", _always({"answer": {"code": "416"}})),
    "POST /sandbox/mandates/{id}/sign": Door("mandate"),
    "POST /sandbox/transactions/{id}/review": Door("transaction", _always({"review": {"outcome": "held"}})),
    "POST /sandbox/senders/{id}/review": Door("sender", _always({"review": {"outcome": "banned"}})),
}
"""The operations by method and path, as their routes have them."""

SHARED = frozenset({"currency", "payout_type"})
"""What a path may name that belongs to nobody."""

PUBLIC: dict[str, str] = {
    "/": "the front page, the same for everybody",
    "/healthz": "load balancers ask; it says that the process lives and nothing else",
    "/readyz": "as /healthz",
    "/files/proofs/{app_id}/{recipient_id}.pdf": "opened by a signed link, tried in the chapter on links",
    "/files/{app_id}/{document_id}": "opened by a signed link, tried in the chapter on links",
    "/pay/{token}": "opened by the token of the page, tried in the chapter on links",
    "/pay/{token}/confirm": "as /pay/{token}",
    "/pay/{token}/cancel": "as /pay/{token}",
    "/sign-up": "strangers begin here; the answer never tells who has an account",
    "/sign-up/{token}": "opened by the link in a mail",
    "/log-in": "strangers come in here; after some failures a password is judged together with a code",
    "/log-in/code": "after the password, for the second factor: whoever has not given one is sent back",
    "/log-in/passkey": "as /log-in/code: what a passkey is to reply to",
    "/log-in/authenticator": "as /log-in/code, before there is a second factor",
    "/lost-password": "strangers ask here; the answer never tells who has an account",
    "/lost-password/{token}": "opened by the link in a mail",
    "/keep-address/{token}": "opened by the link in a mail; it only stops a change of address",
    "/invitations/{token}": "opened by the link in a mail; accepting it asks for a log-in",
    "/mail": "the mailbox of a sandbox without a mail server; elsewhere it is not there",
    "/documentation": "the reference, the same for everybody",
    "/static": "files of ours, the same for everybody",
    "/office/log-in": "here staff come in",
    "/office/log-in/code": "as /log-in/code",
    "/office/log-in/passkey": "as /log-in/passkey",
    "/office/log-in/authenticator": "as /log-in/code",
    "/office/lost-password": "says whom to ask, the same for everybody",
    "/office/lost-password/{token}": "opened by a link in the mail of one of staff, or from the terminal",
    "/office/keep-address/{token}": "as /keep-address/{token}",
}
"""The pages that ask for no log-in, and why. A folder stands for what is below it."""

GUARDS = frozenset({"page", "account_page"})
"""The decorators that let nobody in who is not logged in; the back office has the first one too, of its own."""

GUARDROOMS = ("portal/guards.py", "backoffice/guards.py")


def all_routes(platform: Platform) -> list[BaseRoute]:
    """The routes of both sites."""
    return [*make_portal(platform, published).routes, *make_office(platform).routes]


def pages(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every page of a site: its path, and what answers."""
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from pages(list(route.routes), prefix + route.path)
        elif isinstance(route, Mount | Route):
            yield prefix + route.path, route


def is_public(path: str) -> bool:
    """Whether a page is listed, or lies in a folder that is."""
    return path in PUBLIC or any(path.startswith(f"{folder}/") for folder in ("/documentation", "/static"))


def is_guarded(route: Any) -> bool:
    """Whether a page is what one of the guards made of it: by the code that runs, which no name hides."""
    code = getattr(getattr(route, "endpoint", None), "__code__", None)
    made_by = getattr(code, "co_qualname", "").partition(".")[0]
    return made_by in GUARDS and getattr(code, "co_filename", "").endswith(GUARDROOMS)
