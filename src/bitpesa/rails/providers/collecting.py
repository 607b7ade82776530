"""The port of collecting: what the platform asks of whoever collects money from senders, and what it may be answered.

Beside `port.py`, and by the same rules: outcomes are values, every call carries our own reference, and an answer that
did not come is asked for, never sent again.
"""

from typing import Any, Protocol
from uuid import UUID

import msgspec

from bitpesa.kernel.values.money import Money
from bitpesa.rails.providers.port import NotStarted, Unknown


class CollectionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be collected. `reference` is ours, new for every attempt; money is bound to the payin method.

    `payin_reference` is what the payer writes where a reference is asked for, `page_token` names the page on which he
    confirms, where there is one.
    """

    reference: UUID
    app_id: UUID
    payin_method_id: UUID
    payin_type: str
    ux_flow: str
    amount: Money
    payin_reference: str
    page_token: str | None
    details: dict[str, Any]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Money that reached a payin method, by the provider's own reference. Not `cleared`: seen, and not final."""

    reference: str
    amount_minor: int
    cleared: bool = True


class Collecting(msgspec.Struct, frozen=True):
    """How a collection stands: a code of `codes.csv`, and all the money that ever reached the payin method.

    Code 0 comes with a receipt. Code 23: the payer was sent a code, which `check_otp` takes. `out_details` is what the
    payer is told on top of what he was told before.
    """

    code: str
    text: str | None = None
    out_details: dict[str, Any] = {}
    receipts: tuple[Receipt, ...] = ()


CollectionOutcome = Collecting | NotStarted | Unknown


class CollectingProvider(Protocol):
    """Whoever collects. `NotStarted` from `ask` and `stop`: it never arrived, and is refused if it arrives later.

    Whoever cannot be sure of that answers `Unknown`, as for payouts. The same reference always comes with the same
    content.
    """

    name: str

    def out_details(self, order: CollectionOrder) -> dict[str, Any]:
        """What the payer is told from the beginning, worked out without asking anybody: no attempt is made yet."""

    async def start(self, order: CollectionOrder) -> CollectionOutcome:
        """Ask the payer for the money. The same reference twice is one order."""

    async def ask(self, order: CollectionOrder) -> CollectionOutcome:
        """Ask how a collection stands."""

    async def stop(self, order: CollectionOrder) -> CollectionOutcome:
        """Ask to stop a collection, and tell how it stands afterwards: money that came all the same is in it."""

    async def check_otp(self, order: CollectionOrder, otp: str) -> bool | None:
        """Whether this is the code that the payer was sent; None: that cannot be found out now."""
