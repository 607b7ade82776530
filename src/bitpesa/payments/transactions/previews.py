"""What a transaction would cost, and whether it would be accepted: nothing is stored but a mandate (flows 4.6)."""

from datetime import datetime
from typing import Any

from bitpesa.kernel import clock
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import Invalid
from bitpesa.money.rates import queries as rates
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.transactions import draft as drafts
from bitpesa.payments.transactions import rules, wire
from bitpesa.payments.transactions.draft import Terms, TransactionDraft
from bitpesa.payments.transactions.mandate_checks import start_mandates
from bitpesa.payments.transactions.refusals import refuse_duplicate, refuse_faults
from bitpesa.rails.providers.registry import Providers
from bitpesa.tenants.organisations.model import App


async def calculate(conn: Connection, app: App, submitted: dict[str, Any], *, rounding_policy: str) -> dict[str, Any]:
    """What a transaction would cost and pay out; sender and details may be incomplete. Raises Invalid."""
    now = await clock.now(conn, app.id)
    draft = await _draft(conn, app, submitted, rounding_policy, Providers(), now, only_prices=True)
    if draft.is_faulty:
        raise Invalid(wire.draft_json(draft))
    return wire.draft_json(draft)


async def validate(
    conn: Connection, app: App, submitted: dict[str, Any], *, rounding_policy: str, providers: Providers
) -> dict[str, Any]:
    """What creation would answer. Raises Invalid as creation does, and while mandates wait for their signature.

    Starting a mandate is a statement that stands alone, since a refusal follows it.
    """
    now = await clock.now(conn, app.id)
    draft = await _draft(conn, app, submitted, rounding_policy, providers, now, only_prices=False)
    await refuse_duplicate(conn, app, draft)
    refuse_faults(app, draft)
    state = _state_as_it_would_be(app, draft)
    await start_mandates(conn, app, draft, now, state=state)
    return wire.draft_json(draft, state=state)


async def _draft(
    conn: Connection,
    app: App,
    submitted: dict[str, Any],
    rounding_policy: str,
    providers: Providers,
    now: datetime,
    *,
    only_prices: bool,
) -> TransactionDraft:
    terms = Terms(await rates.current_rates(conn, app.settings.margin), rounding_policy, providers)
    return await drafts.read(conn, app, submitted, now, terms, only_prices=only_prices)


def _state_as_it_would_be(app: App, draft: TransactionDraft) -> str:
    if draft.sender is None or draft.sender.sender is None:
        raise AssertionError("a draft without a sender has errors")
    approved = sender_rules.is_approved(draft.sender.sender.state, app.settings)
    return rules.first_state(sender_approved=approved)
