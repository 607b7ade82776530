"""Questions about mandates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.mandates import rules, store
from bitpesa.payments.mandates.model import Mandate


async def find(conn: Connection, app_id: UUID, mandate_id: UUID | None, now: datetime) -> Mandate:
    """One mandate of the app; those of earlier years are gone. Raises NotFound."""
    mandate = None if mandate_id is None else await store.find(conn, app_id, mandate_id)
    if mandate is None or mandate.year != now.year:
        raise NotFound
    return mandate


async def unsigned(
    conn: Connection, app_id: UUID | None = None, *, limit: int, offset: int = 0
) -> tuple[list[Mandate], int]:
    """One page of mandates that wait for a signature, of an app or of all, the oldest first; how many there are."""
    return await store.unsigned(conn, app_id, limit=limit, offset=offset)


async def find_for(
    conn: Connection, app_id: UUID, recipient_type: str, details: Mapping[str, Any], now: datetime
) -> Mandate | None:
    """This year's mandate for the details of a payout, if there is one."""
    return await store.find_for(conn, app_id, rules.beneficiary_of(recipient_type, details), now.year)
