"""Setting exchange rates. A rate that moves far is proposed, and set once a second person confirms it."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.values.currency import currency as find_currency
from bitpesa.money.rates import rules, store
from bitpesa.money.rates.model import BASE, Judged, Proposal, ProposalState, Quote, Verdict
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.four_eyes.model import Person
from bitpesa.tenants.four_eyes.operations import require_second_person

DEFAULT_SOURCE = "default"
OPERATOR_SOURCE = "operator"


class RateTerms(msgspec.Struct, frozen=True):
    """How far one person may move a rate, as a share of it, and how long a reset account is no second person."""

    max_move: Fraction
    second_person_after: timedelta


async def set_rate(work: Work, currency: str, numerator: Decimal, denominator: Decimal, *, source: str) -> None:
    """Set a mid rate: 1 USD is numerator / denominator units. Raises Invalid for what is no rate, and for USD itself.

    Rates are quoted either way round, and this keeps both exact: 400 NGN for 1 USD is 400 / 1, 1.10 USD for 1 EUR is
    1 / 1.10. Nobody is asked for: what staff set goes through `change_rate`.
    """
    _require_rate(Quote(currency, numerator, denominator))
    await store.set_rate(work.conn, currency, numerator, denominator, source)


async def change_rate(work: Work, quote: Quote, *, source: str, actor: Actor, terms: RateTerms) -> Judged:
    """Set a mid rate that staff give, or propose it where it moves too far for one person. Raises Invalid.

    Whichever becomes of it, a proposal of the currency that waited is replaced, unless it is the same.
    """
    _require_rate(quote)
    known = await store.lock_rate(work.conn, quote.currency)
    judged = await _judge(work.conn, quote, known, terms)
    if judged.verdict is Verdict.SAME:
        return judged
    waiting = await store.waiting_proposal_of(work.conn, quote.currency)
    if judged.verdict is Verdict.WAITS and waiting is not None and waiting.quote.units_per_usd == quote.units_per_usd:
        return judged
    if waiting is not None:
        await store.decide_proposal(work.conn, waiting, ProposalState.REPLACED, actor.id, actor.name, None)
        await _record(work, "rate.proposal_replaced", waiting.quote, waiting.before, actor=actor)
    if judged.verdict is Verdict.SET or known is None:
        await store.set_rate(work.conn, quote.currency, quote.numerator, quote.denominator, source)
        await _record(work, "rate.set", quote, judged.before, actor=actor, source=source)
        return judged
    proposer = _account_of(actor)
    proposal = await store.insert_proposal(work.conn, quote, known[0], source, proposer, actor.name)
    await _record(work, "rate.proposed", quote, judged.before, actor=actor, source=source, proposal_id=str(proposal.id))
    return judged


async def change_rates(
    work: Work, quotes: Sequence[Quote], *, source: str, actor: Actor, terms: RateTerms
) -> list[Judged]:
    """Set or propose many rates, all or none of them; the answers are in the order of currencies. Raises Invalid."""
    in_order = sorted(quotes, key=lambda each: each.currency)  # two imports at once wait for each other in one order
    return [await change_rate(work, each, source=source, actor=actor, terms=terms) for each in in_order]


async def preview_rates(conn: Connection, quotes: Sequence[Quote], terms: RateTerms) -> list[Judged]:
    """What would become of these rates now, in the order of currencies. Raises Invalid for what is no rate."""
    judged = []
    for quote in sorted(quotes, key=lambda each: each.currency):
        _require_rate(quote)
        judged.append(await _judge(conn, quote, await store.rate_of(conn, quote.currency), terms))
    return judged


async def confirm_rate(work: Work, proposal_id: UUID | None, *, actor: Actor, terms: RateTerms) -> Proposal:
    """Set a rate that somebody else proposed. Raises NotFound, and Invalid with the reason in a sentence."""
    proposal = await _locked(work, proposal_id)
    known = await store.rate_of(work.conn, proposal.quote.currency)
    problem = rules.why_not_confirmed(proposal, None if known is None else known[0].units_per_usd)
    if problem is not None:
        raise refused("base", problem)
    decider, proposer = Person(_account_of(actor), actor.name), Person(proposal.proposed_by, proposal.proposer)
    await require_second_person(work.conn, proposer, decider, within=terms.second_person_after)
    decided = await store.decide_proposal(work.conn, proposal, ProposalState.CONFIRMED, decider.id, decider.name, None)
    quote = decided.quote
    await store.set_rate(work.conn, quote.currency, quote.numerator, quote.denominator, decided.source)
    await _record(
        work, "rate.confirmed", quote, decided.before, actor=actor, source=decided.source, proposed_by=proposer.name
    )
    return decided


async def refuse_rate(work: Work, proposal_id: UUID | None, *, actor: Actor, reason: str) -> Proposal:
    """Refuse a rate that waits, or take back one's own. Raises NotFound, Invalid."""
    why, proposal = read_reason(reason), await _locked(work, proposal_id)
    if proposal.state is not ProposalState.WAITING:
        raise refused("base", f"The proposed rate is {proposal.state} already")
    decided = await store.decide_proposal(
        work.conn, proposal, ProposalState.REFUSED, _account_of(actor), actor.name, why
    )
    await _record(
        work, "rate.refused", decided.quote, decided.before, actor=actor, reason=why, proposed_by=decided.proposer
    )
    return decided


async def load_default_rates(work: Work) -> int:
    """Give every currency that has no rate a plausible one; answers how many got one. For a sandbox's first start."""
    return await store.add_missing(work.conn, default_rates(), DEFAULT_SOURCE)


def default_rates() -> dict[str, tuple[Decimal, Decimal]]:
    """The rates that ship with the package, as numerator and denominator: about those of late 2025, good for play."""
    text = resources.files(__package__).joinpath("default_rates.csv").read_text(encoding="utf-8")
    return {
        row["currency"]: (Decimal(row["numerator"]), Decimal(row["denominator"]))
        for row in csv.DictReader(text.splitlines())
    }


async def _judge(conn: Connection, quote: Quote, known: tuple[Quote, str] | None, terms: RateTerms) -> Judged:
    lately = await store.rates_in_force(conn, quote.currency, rules.JUDGED_WITHIN, DEFAULT_SOURCE)
    current = None if known is None else known[0].units_per_usd
    return Judged(quote, current, rules.judge(quote, current, lately, terms.max_move))


async def _locked(work: Work, proposal_id: UUID | None) -> Proposal:
    """A proposal, with its rate locked first, in the order in which rates are set."""
    found = None if proposal_id is None else await store.proposal(work.conn, proposal_id)
    if found is None:
        raise NotFound
    await store.lock_rate(work.conn, found.quote.currency)
    locked = await store.lock_proposal(work.conn, found.id)
    if locked is None:
        raise NotFound
    return locked


def _account_of(actor: Actor) -> UUID:
    """The account of who acts: two people are told apart by it, and a name at a terminal is none. Raises Invalid."""
    if actor.id is None:
        raise refused(
            "base",
            "The rate moves so far that a second person has to confirm it: say with --as which of staff proposes it,"
            " by the e-mail address of that account",
        )
    return actor.id


async def _record(
    work: Work,
    action: str,
    quote: Quote,
    before: Fraction | None,
    *,
    actor: Actor,
    reason: str | None = None,
    **details: Any,
) -> None:
    await record(
        work.conn,
        actor=actor,
        action=action,
        object_type="Rate",
        object_id=quote.currency,
        reason=reason,
        before=None if before is None else {"units": f"{before.numerator}/{before.denominator}"},
        after={"units": f"{quote.numerator}/{quote.denominator}"},
        details=details,
    )


def _require_rate(quote: Quote) -> None:
    if find_currency(quote.currency) is None or quote.currency == BASE:
        raise refused("currency", "invalid", currency=quote.currency)
    if not (_is_positive(quote.numerator) and _is_positive(quote.denominator)):
        raise refused("rate", "invalid", currency=quote.currency)


def _is_positive(number: Decimal) -> bool:
    return number.is_finite() and number > 0
