"""What staff put on a balance or take from it. Above an amount it takes two people, who cannot be the same."""

from uuid import UUID

from bitpesa.accounts import rules, store
from bitpesa.accounts.model import Direction, Movement, MovementState
from bitpesa.accounts.operations import require_within
from bitpesa.audit_trail.model import Actor
from bitpesa.audit_trail.operations import record
from bitpesa.audit_trail.rules import read_reason
from bitpesa.kernel.clock import real_now
from bitpesa.kernel.database import Work
from bitpesa.kernel.ids import new_id
from bitpesa.kernel.money import MAX_MINOR, Money
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.ledger import operations as ledger
from bitpesa.ledger.problems import BalanceTooLow, BooksFull
from bitpesa.organisations.model import App
from bitpesa.rates.model import Rates


async def move(
    work: Work,
    app: App,
    direction: Direction,
    amount: Money,
    *,
    actor: Actor,
    reason: str,
    rates: Rates,
    above_usd: int,
) -> Movement:
    """Move money, or propose to where that takes two: then the movement that is answered waits. Raises Invalid.

    `rates` are mid rates: what is moved is judged by its worth in US dollars. A withdrawal never goes below zero.
    """
    why, mover = read_reason(reason) or "", _account_of(actor)
    require_within(amount)
    cents = rules.worth_in_cents(amount, rates)
    moved_alone = await store.moved_alone(work.conn, mover, rules.ALONE_WITHIN)
    movement = await store.insert_movement(
        work.conn,
        Movement(
            app_id=app.id,
            id=new_id(),
            direction=direction,
            amount=amount,
            reason=why,
            proposed_by=mover,
            proposer=actor.name,
            proposed_at=await real_now(work.conn),
            needs_two=rules.needs_two(cents, moved_alone, above_usd),
            usd_cents=None if cents is None else min(cents, MAX_MINOR),
            state=MovementState.WAITING,
        ),
    )
    if movement.needs_two:
        await _note(work, app, "proposed", movement, actor=actor)
        return movement
    return await _make(work, app, movement, mover, actor)


async def confirm(work: Work, app: App, movement_id: UUID | None, *, actor: Actor) -> Movement:
    """Make a movement that somebody else proposed. Raises NotFound, Invalid."""
    decider, movement = _account_of(actor), await _locked(work, app, movement_id)
    problem = rules.why_not_made(movement, decider)
    if problem is not None:
        raise refused("base", problem)
    return await _make(work, app, movement, decider, actor)


async def refuse(work: Work, app: App, movement_id: UUID | None, *, actor: Actor, reason: str) -> Movement:
    """Refuse a movement that waits, or take one's own back. Raises NotFound, Invalid."""
    why = read_reason(reason)
    decider, movement = _account_of(actor), await _locked(work, app, movement_id)
    problem = rules.why_not_refused(movement)
    if problem is not None:
        raise refused("base", problem)
    gone = await store.decide_movement(work.conn, movement, MovementState.REFUSED, decider, actor.name, why)
    await _note(work, app, "refused", gone, actor=actor, reason=why)
    return gone


async def _make(work: Work, app: App, movement: Movement, decider: UUID, actor: Actor) -> Movement:
    made = await store.decide_movement(work.conn, movement, MovementState.MADE, decider, actor.name, None)
    try:
        await ledger.post(work, app.id, [rules.posting_of(made.direction, made.amount, made.reason, made.id)])
    except BalanceTooLow:
        raise refused("amount", "insufficient_balance") from None
    except BooksFull:
        raise refused("amount", "greater_than_maximum") from None
    await _note(work, app, "made", made, actor=actor)
    return made


def _account_of(actor: Actor) -> UUID:
    """The account of whoever acts: two people are told apart by it, and a name at a terminal is none."""
    if actor.id is None:
        raise AssertionError("movements that take two people are made by accounts of staff")
    return actor.id


async def _locked(work: Work, app: App, movement_id: UUID | None) -> Movement:
    movement = None if movement_id is None else await store.lock_movement(work.conn, app.id, movement_id)
    if movement is None:
        raise NotFound
    return movement


async def _note(
    work: Work, app: App, what: str, movement: Movement, *, actor: Actor, reason: str | None = None
) -> None:
    await record(
        work.conn,
        actor=actor,
        action=f"{movement.direction}.{what}",
        object_type="Account",
        object_id=movement.amount.currency,
        organisation_id=app.organisation_id,
        app_id=app.id,
        reason=reason or movement.reason,
        details={
            "movement_id": str(movement.id),
            "amount_minor": movement.amount.minor,
            "currency": movement.amount.currency,
        },
    )
