"""Orders for the simulated bank."""

from typing import Any
from uuid import UUID, uuid4

from bitpesa.kernel.values.ids import new_id
from bitpesa.kernel.values.money import Money
from bitpesa.rails.providers.port import PayoutOrder
from bitpesa.rails.providers.simulator.triggers import Trigger

APP = UUID(int=1)


def order(
    payout_type: str = "NGN::Bank",
    *,
    recipient_id: UUID | None = None,
    corridor_country: str | None = None,
    **details: Any,
) -> PayoutOrder:
    """A new order of a new recipient, unless one is named; `corridor_country` is what the platform knows beside."""
    return PayoutOrder(
        reference=new_id(),
        app_id=APP,
        recipient_id=recipient_id or uuid4(),
        payout_type=payout_type,
        recipient_type="person",
        amount=Money(1_000_000, payout_type[:3]),
        details=details,
        country=corridor_country,
    )


def bank(ending: str, payout_type: str = "NGN::Bank", **more: Any) -> PayoutOrder:
    """An order to a bank account with this ending."""
    return order(payout_type, bank_account="123456789012"[: -len(ending)] + ending, **more)


def triggering(trigger: Trigger) -> PayoutOrder:
    """The order that a trigger's example makes."""
    details = {trigger.field: trigger.example}
    if trigger.provider:
        details["mobile_provider"] = trigger.provider
    return order(trigger.corridor, **details)
