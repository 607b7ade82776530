"""The files that clients fetch."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from bitpesa.ops.reports.period import Period


class ReportType(StrEnum):
    """What a file tells: each payout of the period's transactions, or each entry in the app's balances."""

    TRANSACTION = "transaction"
    ACCOUNT = "account"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was made. `edition` counts how often it was."""

    app_id: UUID
    type: ReportType
    period: Period
    edition: int
    rows: int
    size_bytes: int
    made_at: datetime
