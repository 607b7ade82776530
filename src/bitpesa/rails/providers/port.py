"""The port: what the platform asks of a payout provider, and the values it may answer with.

Outcomes are values, not exceptions. An answer that did not come is `Unknown`: it is asked about, never sent again
(design decision 7). Every call carries our own reference, so that a crash never pays twice.
"""

from datetime import date
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from bitpesa.kernel.values.money import Money


class PayoutOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider is asked to pay. `reference` is ours, new for every attempt.

    The same reference always comes with the same content, for as long as it is asked about: an attempt keeps its order.
    """

    reference: UUID
    app_id: UUID
    recipient_id: UUID
    payout_type: str
    recipient_type: str
    amount: Money
    details: dict[str, Any]
    country: str | None


class Answered(msgspec.Struct, frozen=True):
    """The provider's answer: a code of `codes.csv`, its own words if any, and what came with it.

    `payment_reference` is what the recipient of a cash payout must show. `paid_minor` is set when the provider paid
    another amount than it was asked to. A reference that is refused because the provider knows it already was not
    refused: answer `Unknown`.
    """

    code: str
    text: str | None = None
    payment_reference: str | None = None
    paid_minor: int | None = None


class NotStarted(msgspec.Struct, frozen=True):
    """The provider did not take the order, and never will under this reference: nothing was or will be paid."""


class Unknown(msgspec.Struct, frozen=True):
    """No answer: the order may or may not have arrived. Ask again later."""

    reason: str


Outcome = Answered | NotStarted | Unknown


class AccountFacts(msgspec.Struct, frozen=True):
    """What a provider knows of an account before it is paid (flows 8.4).

    `reachable` False: it could not find out. True and nothing else: there is no such account. Of the rest a provider
    sets what it can tell: the holder's name, the operator that serves the number, or `active` and `inactive`.
    """

    reachable: bool
    account_name: str | None = None
    mapped_mobile_provider: str | None = None
    account_status: str | None = None


class Provider(Protocol):
    """A payout provider."""

    name: str

    async def submit(self, order: PayoutOrder) -> Outcome:
        """Hand over an order. The same reference twice is one order: the second call answers what the first did."""

    async def ask(self, order: PayoutOrder) -> Outcome:
        """Ask what became of an order. It is complete and as it was submitted.

        `NotStarted`: it never arrived, and never will be paid, since a refund or another attempt may follow this.
        A provider that only does not know the order (yet) must not answer so before the time is over after which the
        rail surely takes it no more. Until then it answers `Unknown`, or submits the same order again, where the rail
        makes that safe, and answers what became of that.
        """

    async def revoke(self, order: PayoutOrder) -> Outcome:
        """Ask to stop an order (a cash notice), and tell what is true of it afterwards.

        Code 54: it is void, and is never paid. Code 0: it was paid before. Any other answer is one that `ask` may give.
        """

    async def look_up_account(self, order: PayoutOrder) -> AccountFacts:
        """Find out who holds the account that is to be paid."""


class HeldBalance(msgspec.Struct, frozen=True):
    """What a provider holds for an app in a currency, by its own word, on a day."""

    available: Money
    previous_day_closing: Money
    on: date


@runtime_checkable
class HoldsBalances(Protocol):
    """A provider that keeps money of apps and can be asked how much; most do not."""

    async def balances(self, app_id: UUID) -> list[HeldBalance]:
        """What it holds for an app, by currency; nothing for one it does not know."""
