"""What staff put on a balance or take from it. Above an amount it takes two people, who cannot be the same."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from bitpesa.kernel.clock import real_now
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.values.ids import new_id
from bitpesa.kernel.values.money import MAX_MINOR, Money
from bitpesa.money.accounts import bank_entries, rules, store
from bitpesa.money.accounts.model import BankEntry, BankLine, Direction, Movement, MovementState
from bitpesa.money.accounts.operations import require_within
from bitpesa.money.ledger import operations as ledger
from bitpesa.money.ledger.problems import BalanceTooLow, BooksFull
from bitpesa.money.rates.model import Rates
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.audit_log.operations import record
from bitpesa.tenants.audit_log.rules import read_reason
from bitpesa.tenants.four_eyes.model import Person
from bitpesa.tenants.four_eyes.operations import require_second_person
from bitpesa.tenants.organisations.model import App


async def move(
    work: Work,
    app: App,
    direction: Direction,
    amount: Money,
    *,
    actor: Actor,
    reason: str,
    line: BankLine,
    is_another: bool,
    rates: Rates,
    above_usd: int,
) -> Movement:
    """Move money, or propose to where that takes two: then the movement that is answered waits. Raises Invalid.

    `line` names the transfer on the bank's statement, which is booked once; `is_another`: somebody said that it is not
    the one of the same client, amount and day that is booked already (LooksRepeated). `rates` are mid rates: what is
    moved is judged by its worth in US dollars. A withdrawal never goes below zero.
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
            line=line,
            reason=why,
            proposed_by=mover,
            proposer=actor.name,
            proposed_at=await real_now(work.conn),
            needs_two=rules.needs_two(cents, moved_alone, above_usd),
            usd_cents=None if cents is None else min(cents, MAX_MINOR),
            state=MovementState.WAITING,
        ),
    )
    entry = BankEntry(
        environment=app.environment,
        direction=direction,
        amount=amount,
        line=line,
        app_id=app.id,
        movement_id=movement.id,
        recorded_by=actor.name,
    )
    await bank_entries.register(work, entry, is_another=is_another)
    if movement.needs_two:
        await _note(work, app, "proposed", movement, actor=actor)
        return movement
    return await _make(work, app, movement, mover, actor)


async def confirm(
    work: Work, app: App, movement_id: UUID | None, *, actor: Actor, second_person_after: timedelta
) -> Movement:
    """Make a movement that somebody else proposed. Raises NotFound, and Invalid with the reason in a sentence.

    `second_person_after`: how long an account does not count after somebody created, re-opened or reset it.
    """
    decider, movement = _account_of(actor), await _locked(work, app, movement_id)
    problem = rules.why_not_made(movement)
    if problem is not None:
        raise refused("base", problem)
    proposer = Person(movement.proposed_by, movement.proposer)
    await require_second_person(work.conn, proposer, Person(decider, actor.name), within=second_person_after)
    return await _make(work, app, movement, decider, actor)


async def refuse(work: Work, app: App, movement_id: UUID | None, *, actor: Actor, reason: str) -> Movement:
    """Refuse a movement that waits, or take one's own back. Raises NotFound, Invalid."""
    why = read_reason(reason)
    decider, movement = _account_of(actor), await _locked(work, app, movement_id)
    problem = rules.why_not_refused(movement)
    if problem is not None:
        raise refused("base", problem)
    gone = await store.decide_movement(work.conn, movement, MovementState.REFUSED, decider, actor.name, why)
    await store.delete_bank_entry_of(work.conn, gone)
    await _note(work, app, "refused", gone, actor=actor, reason=why)
    return gone


async def _make(work: Work, app: App, movement: Movement, decider: UUID, actor: Actor) -> Movement:
    made = await store.decide_movement(work.conn, movement, MovementState.MADE, decider, actor.name, None)
    note = rules.note_of(made.reason, made.line)
    try:
        await ledger.post(work, app.id, [rules.posting_of(made.direction, made.amount, note, made.id)])
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
    details: dict[str, Any] = {
        "movement_id": str(movement.id),
        "amount_minor": movement.amount.minor,
        "currency": movement.amount.currency,
        "bank_reference": movement.line.reference,
        "value_date": movement.line.value_date.isoformat(),
    }
    if movement.needs_two:  # both persons stand in each entry, whoever of them acts
        details["proposed_by"] = movement.proposer
    await record(
        work.conn,
        actor=actor,
        action=f"{movement.direction}.{what}",
        object_type="Account",
        object_id=movement.amount.currency,
        organisation_id=app.organisation_id,
        app_id=app.id,
        reason=reason or movement.reason,
        details=details,
    )
