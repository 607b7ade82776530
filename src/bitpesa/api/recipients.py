"""`/recipients`: the payouts of transactions, edited and cancelled one by one (flows 8)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Any

from bitpesa.api.answers import listed, shown
from bitpesa.api.call import Answer, Call, Query, Route
from bitpesa.api.origins import origin_called
from bitpesa.api.pagination import read_choices, read_page, read_range
from bitpesa.kernel import clock
from bitpesa.kernel.problems import Malformed
from bitpesa.kernel.values.amounts import EXACT, AmountProblem, parse_number
from bitpesa.kernel.values.currency import CURRENCIES
from bitpesa.kernel.values.ids import read_id
from bitpesa.kernel.values.money import MAX_MINOR
from bitpesa.ops.reports.proof_of_payment import Proof, link_path, links, proof_of
from bitpesa.payments.recipients.model import Recipient, RecipientState
from bitpesa.payments.recipients.queries import Filters
from bitpesa.payments.transactions import queries
from bitpesa.payments.transactions.model import Payment
from bitpesa.payments.transactions.operations.cancel import cancel as cancel_recipient
from bitpesa.payments.transactions.operations.edit import edit as edit_recipient
from bitpesa.payments.transactions.wire import recipient_json

STATES = frozenset(RecipientState)

LINKS_LAST = timedelta(hours=1)


async def list_all(call: Call) -> Answer:
    """List recipients, newest first."""
    page = read_page(call.query)
    async with call.database.reading() as conn:
        found, total = await queries.list_recipients(
            conn, call.app.id, _read_filters(call.query), limit=page.per, offset=page.offset
        )
    return listed([recipient_json(each.transaction, each.recipient) for each in found], page, total)


async def edit(call: Call) -> Answer:
    """Change details or metadata; a payout that failed is tried again at once."""
    return await call.write(
        _shown, edit_recipient, call.app, read_id(call.path_params["id"]), call.wrapped("recipient")
    )


async def cancel(call: Call) -> Answer:
    """Cancel the payout, now or as soon as its provider says that it failed."""
    return await call.write(_shown, cancel_recipient, call.app, read_id(call.path_params["id"]))


def _shown(changed: tuple[Payment, Recipient]) -> Answer:
    payment, recipient = changed
    return shown(recipient_json(payment.transaction, recipient))


async def list_proofs(call: Call) -> Answer:
    """List the proofs that the payout was made; live has none until its bank gives one."""
    recipient_id = read_id(call.path_params["id"])
    async with call.database.reading() as conn:
        proof = await proof_of(conn, call.app.id, recipient_id)
        now = await clock.now(conn, call.app.id)
    return shown([] if proof is None or not call.app.is_sandbox else [_proof_json(call, proof, now)])


def _proof_json(call: Call, proof: Proof, now: datetime) -> dict[str, Any]:
    """A proof with a link that opens it for an hour; it has no small picture."""
    path = link_path(call.app.id, proof.recipient_id)
    query = links(call.settings.master_keys).query(path, now + LINKS_LAST)
    return {
        "id": str(proof.recipient_id),
        "file_name": proof.file_name,
        "thumbnail": None,
        "url": f"{origin_called(call.settings, call.app.environment, call.host)}{path}?{query}",
    }


def _read_filters(query: Query) -> Filters:
    created = read_range(query)
    currencies = read_choices(query, "currency", CURRENCIES)
    return Filters(
        states=read_choices(query, "state", STATES),
        currencies=currencies,
        amount_from=_minor(query.text("amount_from"), currencies or (), ROUND_CEILING),
        amount_to=_minor(query.text("amount_to"), currencies or (), ROUND_FLOOR),
        since=created.since,
        before=created.before,
    )


def _minor(text: str | None, currencies: Sequence[str], rounding: str) -> int | None:
    """The end of a range in minor units of the currencies asked for. Raises Malformed where they do not agree on one.

    It may lie between two amounts, or beyond all of them.
    """
    if text is None:
        return None
    decimals = {CURRENCIES[code].decimals for code in currencies}
    if len(decimals) != 1:
        raise Malformed
    try:
        number = parse_number(text)
    except AmountProblem:
        raise Malformed from None
    minor = int(EXACT.scaleb(number, decimals.pop()).to_integral_value(rounding))
    return max(-MAX_MINOR, min(minor, MAX_MINOR))


ROUTES = (
    Route("GET", "/recipients", list_all),
    Route("PATCH", "/recipients/{id}", edit),
    Route("DELETE", "/recipients/{id}", cancel),
    Route("GET", "/recipients/{id}/proof_of_payments", list_proofs),
)
