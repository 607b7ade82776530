"""Orders for the simulated collecting provider."""

from typing import Any
from uuid import UUID, uuid4

from bitpesa.kernel.values.money import Money
from bitpesa.rails.providers.collecting import CollectionOrder

APP = UUID(int=1)


def order(payin_type: str = "XOF::Mobile", ux_flow: str = "ussd_popup", **details: Any) -> CollectionOrder:
    """An order for 50000 francs (or 500.00 of others) from a payer who does nothing by himself."""
    return CollectionOrder(
        reference=uuid4(),
        app_id=APP,
        payin_method_id=uuid4(),
        payin_type=payin_type,
        ux_flow=ux_flow,
        amount=Money(50_000, payin_type[:3]),
        payin_reference="119394",
        page_token="token",
        details={"phone_number": "+2250102030405", **details},
    )
