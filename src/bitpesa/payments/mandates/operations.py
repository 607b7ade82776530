"""What happens to mandates: they are started when somebody is to be paid, and signed."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import refused
from bitpesa.kernel.values.ids import new_id
from bitpesa.payments.mandates import queries, rules, store, wire
from bitpesa.payments.mandates.model import Mandate, MandateStatus

_REFERENCE_BYTES = 4


async def find_or_start(
    conn: Connection, app_id: UUID, recipient_type: str, details: Mapping[str, Any], now: datetime
) -> Mandate:
    """This year's mandate for the details of a payout; where there is none its signing begins."""
    found = await queries.find_for(conn, app_id, recipient_type, details, now)
    if found is not None:
        return found
    started = await store.start(
        conn,
        app_id,
        new_id(),
        beneficiary=rules.beneficiary_of(recipient_type, details),
        year=now.year,
        type_id=rules.type_of(recipient_type, details),
        reference=secrets.token_hex(_REFERENCE_BYTES),
        now=now,
    )
    return started or await find_or_start(conn, app_id, recipient_type, details, now)


async def end(
    work: Work, app_id: UUID, mandate_id: UUID | None, status: MandateStatus, now: datetime
) -> tuple[Mandate, Mandate]:
    """Note how the signing of a mandate ended; it as it was, and as it is.

    A second time changes nothing. Raises NotFound, and Invalid when it ended in another way.
    """
    before = await queries.find(work.conn, app_id, mandate_id, now)
    await store.end(work.conn, app_id, before.id, status, now)
    after = await queries.find(work.conn, app_id, before.id, now)
    if after.status is not status:
        raise refused("base", f"Mandate is {after.status} already", **wire.mandate_json(after))
    return before, after
