"""The test bench: send a payment over any corridor, and say what the simulated bank shall answer. Only in the sandbox.

Everything here is what the API of the sandbox can do too, by the same operations.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.ids import new_id
from bitpesa.money.accounts import queries as accounts
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.create import create, create_and_fund
from bitpesa.rails.corridors.catalogue import CORRIDORS, corridor
from bitpesa.rails.corridors.model import Corridor, CorridorField, Method
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.simulator.rules import PAID
from bitpesa.rails.providers.simulator.triggers import TRIGGERS, Feature, Trigger
from bitpesa.sandbox import operations as sandbox
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.refusals import Problems, problems_of
from bitpesa.web.kit.typed_amounts import read_amount_field, with_typed_problem
from bitpesa.web.portal.app_page import app_page, not_there
from bitpesa.web.portal.corridor_fields import fields_of
from bitpesa.web.portal.guards import PLACE, Visitor, render
from bitpesa.wiring import Platform

PATH = "/bench"
TRANSACTIONS = "/transactions"

FIRST_CORRIDOR = "NGN::Bank"

ANSWERS = tuple(
    (each.code, f"{each.code} {each.messages[-1]}", str(each.category).replace("_", " "))
    for each in codes.CODES.values()
)
"""What the simulated bank can be told to answer: code, words, category."""

PAYER_ANSWERS = tuple(each for each in ANSWERS if each[2] != codes.Category.PAID)
"""What a payer can be told to answer: by paying he brings money, which is more than an answer."""

NUMBER_DECIDES = ""
FUNDINGS = (
    ("balance", "From your balance, at once (create_and_fund)"),
    ("later", "Later: only create it"),
)
CLOCK_MOVES = ((3_600, "1 hour"), (86_400, "1 day"), (2_678_400, "31 days"))
"""How far the clock can be moved by a button, in seconds."""

SENDER = {
    "external_id": "BENCH",
    "first_name": "Ada",
    "last_name": "Obi",
    "country": "GB",
    "city": "London",
    "street": "20 Fleet Street",
    "postal_code": "EC4Y 1AA",
    "phone_number": "+442071838750",
    "email": "ada.obi@example.com",
    "birth_date": "1984-05-12",
    "identification_type": "PP",
    "identification_number": "AB1234567",
    "nationality": "GB",
    "gender": "F",
    "occupation": "Engineer",
    "source_of_funds": "Salary",
    "ip": "127.0.0.1",
    "documents": [],
}
"""Who sends from the bench: somebody of whom every corridor knows enough."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the form of the bench."""

    corridor: Corridor
    recipient_type: str
    values: dict[str, str]

    @property
    def fields(self) -> list[CorridorField]:
        """The details that the form asks for, those that are needed first."""
        return fields_of(self.corridor, self.recipient_type)

    @property
    def amount(self) -> str:
        """The amount as it was typed."""
        return self.values.get("requested_amount", "")

    def submitted(self) -> dict[str, Any]:
        """The transaction as the API would be sent it."""
        given = {field.name: self.values.get(f"details.{field.name}", "") for field in self.fields}
        return {
            "external_id": self.values.get("external_id"),
            "input_currency": self.values.get("input_currency"),
            "sender": dict(SENDER),
            "recipients": [
                {
                    "type": self.recipient_type,
                    "requested_amount": self.values.get("requested_amount"),
                    "requested_currency": self.values.get("requested_currency"),
                    "payout_method": {
                        "type": self.corridor.type,
                        "details": {name: value for name, value in given.items() if value},
                    },
                }
            ],
            "metadata": {"sent_from": "bench"},
        }


@app_page(sandbox_only=True)
async def show(request: Request, visitor: Visitor, app: App) -> Response:
    """Show the bench with the example of a corridor in its form."""
    found = corridor(request.query_params.get("corridor", FIRST_CORRIDOR))
    if found is None:
        return not_there(request, visitor)
    return await _bench(request, visitor, app, _example(found, request.query_params.get("recipient_type", "")))


@app_page(sandbox_only=True)
async def send(request: Request, visitor: Visitor, app: App) -> Response:
    """Create what stands in the form, fund it if asked to, and lead to its page."""
    form = await request.form()
    found = corridor(text_of(form, "corridor"))
    if found is None:
        return not_there(request, visitor)
    asked = Form(corridor=found, recipient_type=_type_of(found, text_of(form, "recipient_type")), values=texts_of(form))
    platform = platform_of(request)
    try:
        payment = await platform.database.run(_send, platform, app, asked)
    except Invalid as refusal:
        problems = with_typed_problem(problems_of(refusal), "requested_amount", asked.amount)
        return await _bench(request, visitor, app, asked, problems)
    return go(request, visitor.to(f"{TRANSACTIONS}/{payment.transaction.id}?done=sent"))


async def _send(work: Work, platform: Platform, app: App, asked: Form) -> Payment:
    """Create the transaction and tell the bank what to answer, before anybody asks it. Raises Invalid."""
    submitted, policy, providers = asked.submitted(), platform.settings.rounding_policy, platform.providers
    if asked.values.get("funding") == "later":
        payment = await create(work, app, submitted, rounding_policy=policy, providers=providers)
    else:
        now = await clock.now(work.conn, app.id)
        paid_in = await create_and_fund(work, app, submitted, now, rounding_policy=policy, providers=providers)
        payment = await queries.find(work.conn, app.id, paid_in.object_id)
    read_amount_field("requested_amount", asked.amount)  # after the API's own checks, which tell of every field
    code = asked.values.get("code", NUMBER_DECIDES)
    if code != NUMBER_DECIDES:
        for recipient in payment.recipients:
            await sandbox.script_answer(work, app, recipient.id, code)
    return payment


async def _bench(
    request: Request, visitor: Visitor, app: App, form: Form, problems: Problems | None = None
) -> Response:
    async with platform_of(request).database.reading() as conn:
        balances = await accounts.balances(conn, app.id)
        now = await clock.now(conn, app.id)
    return render(
        request,
        visitor,
        "bench.html",
        status=422 if problems else 200,
        form=form,
        corridors=[(each.type, each.type) for each in CORRIDORS if is_for_the_bench(app, each)],
        balances=balances,
        currencies=[(each.currency, each.currency) for each in balances] or [("USD", "USD")],
        fundings=FUNDINGS,
        answers=[(NUMBER_DECIDES, "Decided by the account number"), *((code, words) for code, words, _ in ANSWERS)],
        clock_moves=CLOCK_MOVES,
        now=now,
        number_decides=any(each.corridor == form.corridor.type for each in TRIGGERS),
        problems=problems or {},
        moved="moved" in request.query_params,
    )


def is_for_the_bench(app: App, each: Corridor) -> bool:
    """Whether a corridor pays somebody, and is open to the app."""
    settings = app.settings
    is_open = (each.offered or each.type in settings.open_corridors) and each.type not in settings.closed_corridors
    return is_open and each.method is not Method.BALANCE


def _example(found: Corridor, recipient_type: str) -> Form:
    chosen = _type_of(found, recipient_type)
    details = {f"details.{name}": value for name, value in paying(found.type, found.examples[chosen]).items()}
    values = {
        "external_id": f"bench-{str(new_id())[-12:]}",
        "input_currency": "USD",
        "requested_amount": "25",
        "requested_currency": "USD",
        "funding": "balance",
        "code": "0",
        **details,
    }
    return Form(corridor=found, recipient_type=chosen, values=values)


def paying(payout_type: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The details with a number that the simulated bank pays, now and at every later try, where numbers decide."""
    trigger = _paid_by(payout_type, details)
    return {**details, trigger.field: trigger.example} if trigger is not None else dict(details)


def _paid_by(payout_type: str, details: Mapping[str, Any]) -> Trigger | None:
    """The trigger of a number that is paid, for the country and the provider that the details name."""
    fits = (
        each
        for each in TRIGGERS
        if (each.feature, each.corridor, each.code) == (Feature.PAYOUT, payout_type, PAID)
        and each.provider in (None, details.get("mobile_provider"))
        and each.country in (None, details.get("country"))
    )
    return next(fits, None)


def _type_of(found: Corridor, wanted: str) -> str:
    return wanted if wanted in found.recipient_types else found.recipient_types[0]


def text_of(form: FormData, name: str) -> str:
    """A text of a form; nothing where there is none."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def texts_of(form: FormData) -> dict[str, str]:
    """All texts of a form by name."""
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


ROUTES = [
    Route(PLACE + PATH, show),
    Route(PLACE + PATH, send, methods=["POST"]),
]
