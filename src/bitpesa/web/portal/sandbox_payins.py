"""The test bench for collections: have a payer pay in, by any flow, and say what he does. Only in the sandbox.

As POST /v1/transactions with `payin_methods`; what the payer does later is beside the transaction it leads to.
"""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.ids import new_id
from bitpesa.payments.collections.catalogue import PAYIN_TYPES, is_open, payin_type
from bitpesa.payments.collections.model import PayinField, PayinType, UxFlow
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.create import create
from bitpesa.rails.corridors.catalogue import CORRIDORS, corridor
from bitpesa.rails.corridors.model import Method
from bitpesa.sandbox import operations as sandbox
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.refusals import Problems, problems_of
from bitpesa.web.kit.typed_amounts import read_amount_field, with_typed_problem
from bitpesa.web.portal.app_page import app_page, not_there
from bitpesa.web.portal.guards import PLACE, Visitor, render
from bitpesa.web.portal.payin_view import fields_of
from bitpesa.web.portal.sandbox_payouts import (
    NUMBER_DECIDES,
    PAYER_ANSWERS,
    SENDER,
    TRANSACTIONS,
    is_for_the_bench,
    texts_of,
)
from bitpesa.wiring import Platform

PATH = "/bench/collections"

FIELDS = ("requested_amount", "target", "external_id", "code")
"""What the form asks for beside the details of the flow."""

FIRST_WAY = "XOF::Mobile/ussd_popup"
FIRST_TARGET = "USD::Balance"

EXAMPLES = {"BTC": "0.01", "EUR": "25", "GBP": "25", "GHS": "300", "NGN": "40000", "TZS": "60000", "UGX": "90000"}
DEFAULT_EXAMPLE = "15000"
"""An amount of about 25 dollars in the currency that is collected."""

REDIRECT_URL = "https://example.com/thank-you"
"""Where a payer comes back to, in the example."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the form."""

    type: PayinType
    flow: UxFlow
    values: dict[str, str]

    @property
    def fields(self) -> list[tuple[str, PayinField]]:
        """The details that the flow asks for."""
        return fields_of(self.type.type, self.flow)

    @property
    def amount(self) -> str:
        """The amount as it was typed."""
        return self.values.get("requested_amount", "")

    def submitted(self) -> dict[str, Any]:
        """The transaction as the API would be sent it."""
        given = {name: self.values.get(f"payin.{name}", "") for name, _ in self.fields}
        target = self.values.get("target", "")
        known = corridor(target)
        return {
            "external_id": self.values.get("external_id"),
            "input_currency": self.type.currency,
            "sender": dict(SENDER),
            "recipients": [
                {
                    "requested_amount": self.values.get("requested_amount"),
                    "requested_currency": self.type.currency,
                    "payout_method": {
                        "type": target,
                        "details": {} if known is None else dict(known.examples[known.recipient_types[0]]),
                    },
                    "type": None if known is None else known.recipient_types[0],
                }
            ],
            "payin_methods": [
                {
                    "type": self.type.type,
                    "ux_flow": self.flow,
                    "in_details": {name: value for name, value in given.items() if value},
                }
            ],
            "metadata": {"sent_from": "bench"},
        }


@app_page(sandbox_only=True)
async def show(request: Request, visitor: Visitor, app: App) -> Response:
    """Show the example of a way to pay in in its form."""
    ways = _ways(app)
    if not ways:
        return render(request, visitor, "bench_collect.html", form=None)
    wanted = request.query_params.get("way")
    way = _way(app, FIRST_WAY if wanted is None else wanted) or (ways[0] if wanted is None else None)
    return not_there(request, visitor) if way is None else _page(request, visitor, app, _example(*way))


@app_page(sandbox_only=True)
async def send(request: Request, visitor: Visitor, app: App) -> Response:
    """Create what stands in the form, and lead to its page."""
    values = texts_of(await request.form())
    way = _way(app, values.get("way", ""))
    if way is None:
        return not_there(request, visitor)
    type_, flow = way
    asked = Form(type=type_, flow=flow, values=values)
    platform = platform_of(request)
    try:
        payment = await platform.database.run(_send, platform, app, asked)
    except Invalid as refusal:
        problems = with_typed_problem(problems_of(refusal), "requested_amount", asked.amount)
        return _page(request, visitor, app, asked, problems)
    return go(request, visitor.to(f"{TRANSACTIONS}/{payment.transaction.id}?done=sent"))


async def _send(work: Work, platform: Platform, app: App, asked: Form) -> Payment:
    """Create the transaction and tell the payer what to answer, before anybody asks him. Raises Invalid."""
    payment = await create(
        work, app, asked.submitted(), rounding_policy=platform.settings.rounding_policy, providers=platform.providers
    )
    read_amount_field("requested_amount", asked.amount)  # after the API's own checks, which tell of every field
    code = asked.values.get("code", NUMBER_DECIDES)
    if code != NUMBER_DECIDES:
        for method in payment.payin_methods:
            await sandbox.script_collection(work, app, method.id, code)
    return payment


def _page(request: Request, visitor: Visitor, app: App, form: Form, problems: Problems | None = None) -> Response:
    return render(
        request,
        visitor,
        "bench_collect.html",
        status=422 if problems else 200,
        form=form,
        way=_written(form.type, form.flow),
        ways=[(_written(each, flow), f"{each.type} by {flow}") for each, flow in _ways(app)],
        targets=_targets(app),
        answers=[
            (NUMBER_DECIDES, "Decided by the payer's number"),
            *((code, words) for code, words, _ in PAYER_ANSWERS),
        ],
        otp=form.type.flows[form.flow].otp,
        shown=(*FIELDS, *(f"payin.{name}" for name, _ in form.fields)),
        problems=problems or {},
    )


def _ways(app: App) -> list[tuple[PayinType, UxFlow]]:
    """The flows of all payin types that are open to the app."""
    return [(each, flow) for each in PAYIN_TYPES.values() if is_open(each, app.settings) for flow in each.flows]


def _way(app: App, written: str) -> tuple[PayinType, UxFlow] | None:
    type_, _, flow = written.partition("/")
    found = payin_type(type_)
    is_known = found is not None and flow in found.flows and is_open(found, app.settings)
    return (found, UxFlow(flow)) if found is not None and is_known else None


def _written(type_: PayinType, flow: UxFlow) -> str:
    return f"{type_.type}/{flow}"


def _targets(app: App) -> list[tuple[str, str]]:
    """Where the money may go: an own balance, or the example recipient of a corridor."""
    balances = [(each.type, f"Your {each.currency} balance") for each in CORRIDORS if each.method is Method.BALANCE]
    others = [(each.type, f"{each.type}, to its example") for each in CORRIDORS if is_for_the_bench(app, each)]
    return [*balances, *others]


def _example(type_: PayinType, flow: UxFlow) -> Form:
    """Details that pass, for this very flow: a route says which provider and country it serves."""
    routes = type_.flows[flow].routes
    fits = not routes or any(route.items() <= type_.example.items() for route in routes)
    details = {"redirect_url": REDIRECT_URL, **type_.example, **({} if fits else routes[0])}
    if type_.flows[flow].otp == "sent":
        details.pop("otp", None)
    asked = {name for name, _ in fields_of(type_.type, flow)}
    values = {
        "external_id": f"bench-{str(new_id())[-12:]}",
        "requested_amount": EXAMPLES.get(type_.currency, DEFAULT_EXAMPLE),
        "target": FIRST_TARGET,
        "code": NUMBER_DECIDES,
        **{f"payin.{name}": value for name, value in details.items() if name in asked},
    }
    return Form(type=type_, flow=flow, values=values)


ROUTES = [
    Route(PLACE + PATH, show),
    Route(PLACE + PATH, send, methods=["POST"]),
]
