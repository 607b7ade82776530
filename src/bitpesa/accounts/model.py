"""A debit: a movement from a balance that funds one transaction (flows 6)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.money import Money


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
