"""What a check of the books finds, and the record of a check that was run."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """Two places of the database that should say the same and do not. `id` names a row of `table`."""

    check: str
    table: str
    app_id: UUID
    id: str
    about: str
    found: str
    expected: str
    environment: str | None = None
    """Of its app; None where there is no such app, or it was not kept."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the books of one environment. Balances are minor units, by currency and kind of account."""

    apps: int = 0
    accounts: int = 0
    postings: int = 0
    debits: int = 0
    attempts: int = 0
    transactions: Mapping[str, int] = {}
    recipients: Mapping[str, int] = {}
    balances: Mapping[str, Mapping[str, int]] = {}


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of all books as of one moment, by environment with live first, and what disagrees in them.

    Money of the sandbox and real money are never added up (decision 0069). What must agree is compared in both.
    `disagreements` shows some of each kind; `disagreements_in_all` counts them. An audit that was kept before figures
    were told apart has none.
    """

    taken_at: datetime
    figures: Mapping[str, Figures] = {}
    checks: int
    disagreements: tuple[Disagreement, ...]
    disagreements_in_all: int

    @property
    def agrees(self) -> bool:
        """Whether the books may be believed."""
        return not self.disagreements_in_all


class KeptAudit(msgspec.Struct, frozen=True, kw_only=True):
    """An audit that was run: by whom, as of when, and how it came out. At the terminal there is no account."""

    id: UUID
    taken_at: datetime
    run_by: str
    run_by_id: UUID | None
    checks: int
    disagreements: int

    @property
    def agrees(self) -> bool:
        """Whether the books could be believed."""
        return not self.disagreements
