"""The first page of the portal: balances, how payouts went, and the transactions, which can be looked through."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bitpesa.kernel import clock
from bitpesa.kernel.outbox import events
from bitpesa.kernel.values.money import minor_to_decimal
from bitpesa.money.accounts import queries as accounts
from bitpesa.onboarding import queries as onboarding
from bitpesa.onboarding import rules as onboarding_rules
from bitpesa.ops.insights.overview import PayoutDay, Search, payouts_by_day, search
from bitpesa.payments.recipients.model import FOR_PEOPLE, Recipient, RecipientState
from bitpesa.payments.transactions.model import Payment, TransactionState
from bitpesa.rails.providers import codes
from bitpesa.tenants.organisations.model import App
from bitpesa.web.kit import charts
from bitpesa.web.kit.answers import platform_of
from bitpesa.web.kit.labels import state_word
from bitpesa.web.kit.paging import PER, Asked, asked
from bitpesa.web.portal.app_page import app_page
from bitpesa.web.portal.guards import PLACE, Visitor, render

_WORDS = [state_word(state) for state in TransactionState]
STATES = [
    ("", "Any state"),
    *(
        (state.value, word if _WORDS.count(word) == 1 else f"{word} ({state.value})")
        for state, word in zip(TransactionState, _WORDS, strict=True)
    ),
]
"""The states that can be looked for, in the words of the list; two that share a word say which they are."""

DAYS = 14
CENTS = 100


@app_page()
async def show(request: Request, visitor: Visitor, app: App) -> Response:
    """Show the dashboard, as it is now."""
    wanted = asked(request)
    looked_for = _search(wanted)
    async with platform_of(request).database.reading() as conn:
        seen = await events.newest(conn, app.id)  # before everything else: what comes later is told
        now = await clock.now(conn, app.id)
        balances = await accounts.balances(conn, app.id)
        found, total = await search(conn, app.id, looked_for, limit=PER, offset=wanted.offset)
        days = await payouts_by_day(conn, app.id, now=now, days=DAYS)
        progress = await onboarding.progress(conn, visitor.organisation.id)
    return render(
        request,
        visitor,
        "dashboard.html",
        seen=seen,
        balances=balances,
        payments=[(payment, types_of(payment)) for payment in found],
        pages=wanted.pages(total),
        wanted=wanted,
        is_search=looked_for != Search(),
        states=STATES,
        days=days,
        paid=sum(day.paid for day in days),
        failed=sum(day.failed for day in days),
        worth=sum(day.paid_usd_minor for day in days),
        volume=volume_chart(days),
        outcomes=outcome_chart(days),
        now=now,
        progress=progress,
        checks=len(onboarding_rules.CHECKS),
    )


def attention_of(payment: Payment) -> tuple[str, str] | None:
    """What a list says of payouts that did not go well: words and their colour; None when there is nothing to say."""
    legs = payment.recipients
    support = sum(each.state in FOR_PEOPLE for each in legs)
    failing = [each for each in legs if each.state is RecipientState.ERROR]
    retrying = sum(is_retried(each) for each in failing)
    failed = len(failing) - retrying
    for count, word, tone in (
        (failed, "failed", "bad"),
        (support, "with support", "bad"),
        (retrying, "retrying", "wait"),
    ):
        if count:
            return (f"Payout {word}" if len(legs) == 1 else f"{count} of {len(legs)} payouts {word}"), tone
    return None


def is_retried(recipient: Recipient) -> bool:
    """Whether a failing payout may go well by itself; others wait for their owner, though they are tried again too."""
    code = recipient.result_code
    is_temporary = code is None or codes.code(code).category is codes.Category.TEMPORARY_ERROR
    return is_temporary and recipient.attempt_due_at is not None


def types_of(payment: Payment) -> str:
    """What a transaction turns into what, as `USD → NGN::Bank`."""
    kinds = list(dict.fromkeys(recipient.payout_type for recipient in payment.recipients))
    more = f" and {len(kinds) - 1} more" if len(kinds) > 1 else ""
    return f"{payment.transaction.input_currency} → {kinds[0]}{more}"


def volume_chart(days: Sequence[PayoutDay]) -> charts.Chart:
    """What was paid out, in whole dollars."""
    return charts.stacked(
        [
            (
                day.day,
                [charts.Part(day.paid_usd_minor // CENTS, "good", f"{day.day:%d %b}: {_dollars(day)} USD")],
            )
            for day in days
        ]
    )


def outcome_chart(days: Sequence[PayoutDay]) -> charts.Chart:
    """How many payouts were paid, failed, or are open."""
    return charts.stacked(
        [
            (
                day.day,
                [
                    charts.Part(day.paid, "good", f"{day.day:%d %b}: {day.paid} paid"),
                    charts.Part(day.failed, "bad", f"{day.day:%d %b}: {day.failed} failed"),
                    charts.Part(day.open, "rest", f"{day.day:%d %b}: {day.open} open"),
                ],
            )
            for day in days
        ]
    )


def _dollars(day: PayoutDay) -> str:
    return f"{minor_to_decimal(day.paid_usd_minor, 'USD'):,f}"


def _search(wanted: Asked) -> Search:
    state = wanted.text("state")
    return Search(
        external_id=wanted.text("external_id"),
        state=TransactionState(state) if state in set(TransactionState) else None,
        recipient=wanted.text("recipient"),
        since=wanted.since(),
        before=wanted.before(),
    )


ROUTES = [Route(PLACE, show)]
