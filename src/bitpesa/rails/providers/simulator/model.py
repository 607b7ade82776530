"""What stands in the simulated bank's book."""

from uuid import UUID

import msgspec

from bitpesa.kernel.values.money import Money


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the bank has it. `code` is its answer; None: it refused the order, for good.

    An open order may still be paid or fail; one that is not stays as it is.
    """

    reference: UUID
    recipient_id: UUID
    payout_type: str
    amount: Money
    code: str | None
    is_open: bool
    payment_reference: str | None
    paid_minor: int | None
