"""`/transactions`: prices, creation, funding at once, and how things stand (flows 4)."""

from typing import Any
from uuid import UUID

from bitpesa.api.answers import listed, shown, stored, stored_as_written
from bitpesa.api.call import Answer, Call, Route
from bitpesa.api.pagination import read_page
from bitpesa.api.uploads import with_files_of_sender, with_judged_files
from bitpesa.api_support.sdk_compat.catalogue import MODELS
from bitpesa.api_support.sdk_compat.rules import readable
from bitpesa.kernel.outbox.events import Event
from bitpesa.kernel.problems import Malformed
from bitpesa.kernel.values.ids import read_id
from bitpesa.payments.transactions import previews, queries
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.create import create as create_transaction
from bitpesa.payments.transactions.operations.create import create_and_fund as create_and_fund_transaction
from bitpesa.payments.transactions.wire import payment_json

HANDLED = ("automated", "manual")

NOBODY = UUID(int=0)
"""What a filter by an id that is none finds nothing by."""


async def calculate(call: Call) -> Answer:
    """Price a transaction; nothing is stored."""
    submitted = await with_judged_files(call, call.wrapped("transaction"))
    async with call.database.reading() as conn:
        return _previewed(
            await previews.calculate(conn, call.app, submitted, rounding_policy=call.settings.rounding_policy)
        )


async def validate(call: Call) -> Answer:
    """Check a transaction as creation would; nothing is stored."""
    submitted = await with_judged_files(call, call.wrapped("transaction"))
    async with call.database.reading() as conn:
        return _previewed(
            await previews.validate(
                conn, call.app, submitted, rounding_policy=call.settings.rounding_policy, providers=call.providers
            )
        )


def _previewed(preview: dict[str, Any]) -> Answer:
    """A preview echoes what nobody has judged: of that, what SDKs can read."""
    return shown(readable(MODELS["Transaction"], preview))


async def create(call: Call) -> Answer:
    """Store a transaction."""
    policy = call.settings.rounding_policy
    async with with_files_of_sender(call, call.wrapped("transaction")) as submitted:
        return await call.write(
            _stored, create_transaction, call.app, submitted, rounding_policy=policy, providers=call.providers
        )


async def create_and_fund(call: Call) -> Answer:
    """Store a transaction and fund it from the balance, both or neither."""
    policy = call.settings.rounding_policy
    async with with_files_of_sender(call, call.wrapped("transaction")) as submitted:
        return await call.write_on_sheet(
            _reported,
            create_and_fund_transaction,
            call.app,
            submitted,
            call.at,
            rounding_policy=policy,
            providers=call.providers,
        )


async def list_all(call: Call) -> Answer:
    """List transactions, newest first."""
    page, handled, sender = read_page(call.query), call.query.text("transactions_type"), call.query.text("sender_id")
    if handled is not None and handled not in HANDLED:
        raise Malformed
    async with call.database.reading() as conn:
        payments, total = await queries.list_page(
            conn,
            call.app.id,
            external_id=call.query.text("external_id"),
            sender_id=None if sender is None else read_id(sender) or NOBODY,
            handled=handled,
            limit=page.per,
            offset=page.offset,
        )
    return listed([payment_json(payment) for payment in payments], page, total)


async def show(call: Call) -> Answer:
    """Show a transaction."""
    async with call.database.reading() as conn:
        payment = await queries.find(conn, call.app.id, read_id(call.path_params["id"]))
    call.count_transaction(payment.transaction.id, payment.transaction.created_at)
    return shown(payment_json(payment))


def _stored(payment: Payment) -> Answer:
    return stored(payment_json(payment))


def _reported(event: Event) -> Answer:
    return stored_as_written(event.payload)


ROUTES = (
    Route("POST", "/transactions/calculate", calculate),
    Route("POST", "/transactions/validate", validate),
    Route("POST", "/transactions", create),
    Route("POST", "/transactions/create_and_fund", create_and_fund, on_sheet=True),
    Route("GET", "/transactions", list_all),
    Route("GET", "/transactions/{id}", show),
)
