"""Questions about senders."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.senders import store
from bitpesa.payments.senders.model import Sender
from bitpesa.tenants.organisations import queries as organisations


async def find(conn: Connection, app_id: UUID, sender_id: UUID | None) -> Sender:
    """One sender of the app. Raises NotFound."""
    sender = None if sender_id is None else await store.find(conn, app_id, sender_id)
    if sender is None:
        raise NotFound
    return sender


async def find_many(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Sender]:
    """Several senders of the app, by id."""
    return await store.find_many(conn, app_id, ids)


async def screening_standing(conn: Connection) -> tuple[int, datetime | None]:
    """How many senders are due to be looked up, and since when a round is under way that makes further ones due."""
    return await store.screening_standing(conn)


async def under_review(conn: Connection, senders: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of some senders, by app and id, whose payments wait until staff have looked at what a list says."""
    return await store.under_review(conn, [app_id for app_id, _ in senders], [each for _, each in senders])


async def share(work: Work, app_id: UUID, sender_id: UUID) -> Sender | None:
    """A sender whose state stays as it is until the work ends."""
    return await store.share(work, app_id, sender_id)


async def list_waiting(
    conn: Connection, app_id: UUID | None = None, *, limit: int, offset: int = 0
) -> tuple[list[Sender], int]:
    """One page of senders that wait for staff, of an app or of all, the oldest first; how many there are.

    Where KYC is waived nobody waits.
    """
    apps = [app for app in await organisations.apps_in_use(conn) if app.settings.kyc_mode != "waived"]
    chosen = [app.id for app in apps if app_id in (None, app.id)]
    return await store.list_waiting(conn, chosen, limit=limit, offset=offset)


async def list_page(
    conn: Connection,
    app_id: UUID,
    *,
    external_id: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int,
    offset: int,
) -> tuple[list[Sender], int]:
    """One page of the app's senders from `since` on and before `before`, newest first, and how many match in all."""
    return await store.list_page(
        conn,
        app_id,
        external_id=external_id,
        since=since,
        before=before,
        limit=limit,
        offset=offset,
    )
