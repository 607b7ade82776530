"""A debit, which funds one transaction from a balance (flows 6); a movement, which staff make."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.values.money import Money
from bitpesa.tenants.organisations.model import Environment


class Debit(msgspec.Struct, kw_only=True):
    """One debit. `running_balance` is the balance right after it, in minor units; `usd_minor` its worth in cents.

    What it leaves of the balance is known only once it is written, and noted then.
    """

    app_id: UUID
    id: UUID
    to_type: str
    to_id: UUID
    amount: Money
    usd_minor: int
    running_balance: int = 0
    posting_id: UUID
    metadata: dict[str, Any]
    created_at: datetime


class Direction(StrEnum):
    """Which way staff move money: onto a balance, after it came into the bank, or off it, before it is sent."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


class MovementState(StrEnum):
    """Where a movement stands."""

    WAITING = "waiting"
    MADE = "made"
    REFUSED = "refused"


class BankLine(msgspec.Struct, frozen=True):
    """A transfer as the bank's statement names it: the reference, and the day on which it was credited or debited."""

    reference: str
    value_date: date


class BankEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer on one of the platform's bank accounts, each of an environment and a currency.

    `movement_id`: the movement in the back office that it was booked by; None for a deposit made at the terminal.
    """

    environment: Environment
    direction: Direction
    amount: Money
    line: BankLine
    app_id: UUID
    movement_id: UUID | None
    recorded_by: str
    recorded_at: datetime | None = None


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """What staff move in the back office. `proposed_by` and `decided_by` are accounts of staff.

    `usd_cents` is what it is worth, where that is known; what `needs_two` waits until somebody else confirms it.
    """

    app_id: UUID
    id: UUID
    direction: Direction
    amount: Money
    line: BankLine
    reason: str
    proposed_by: UUID
    proposer: str
    proposed_at: datetime
    needs_two: bool
    usd_cents: int | None
    state: MovementState
    decided_by: UUID | None = None
    decider: str | None = None
    decided_at: datetime | None = None
    answer: str | None = None
