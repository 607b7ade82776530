"""Questions about who did what."""

from collections.abc import Iterable
from uuid import UUID

from bitpesa.kernel.database.statements import Connection, Row
from bitpesa.tenants.audit_log import rules, store
from bitpesa.tenants.audit_log.acts import told_to_clients
from bitpesa.tenants.audit_log.model import ClientEntry, Entry, Filters


async def list_page(
    conn: Connection, filters: Filters | None = None, *, limit: int, offset: int = 0
) -> tuple[list[Entry], int]:
    """One page of the trail, newest first, and how many lines match in all."""
    return await store.list_page(conn, filters or Filters(), limit=limit, offset=offset)


async def list_about_payment(
    conn: Connection, app_id: UUID, parts: Iterable[UUID], *, limit: int
) -> tuple[list[Entry], int]:
    """What was done by hand to a payment: to its transaction, recipients and payin methods, the `parts`.

    Newest first, and how many lines there are in all.
    """
    return await store.list_about_payment(conn, app_id, [str(each) for each in parts], limit=limit)


async def list_for_client(
    conn: Connection, organisation_id: UUID, *, limit: int, offset: int = 0
) -> tuple[list[ClientEntry], int]:
    """One page of the trail as an organisation may see it, newest first, and how many lines there are for it."""
    entries, total = await store.list_told(conn, organisation_id, told_to_clients(), limit=limit, offset=offset)
    return [told for entry in entries if (told := rules.for_client(entry)) is not None], total


def read_entry(row: Row) -> Entry:
    """An entry from a row of the trail, for reports that read the table themselves."""
    return store.read_entry(row)
