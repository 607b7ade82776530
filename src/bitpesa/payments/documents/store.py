"""The documents' rows, and those of files that no document has yet."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bitpesa.kernel.database.places import Free
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.database.undecodable import read_all
from bitpesa.payments.documents.model import Document

_sql = load(__package__, "documents.sql")


async def keep_files(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> None:
    """Note that the bytes of these files are about to be written."""
    await _sql.keep_files.run(conn, app_id, ids)


async def claim_files(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> int:
    """Take files for documents; answers how many of them were still to be had."""
    return await _sql.claim_files.run(conn, app_id, ids)


async def forget_file(conn: Connection, app_id: UUID, file_id: UUID) -> None:
    """Note that the bytes of a file are gone."""
    await _sql.forget_file.run(conn, app_id, file_id)


async def claim_stale_files(conn: Connection, age: timedelta, most: int) -> list[tuple[UUID, UUID]]:
    """Files (app, id) that no document took for so long; nobody else sweeps them for as long again."""
    return [(row["app_id"], row["id"]) for row in await _sql.claim_stale_files.rows(conn, age, most)]


async def insert(conn: Connection, document: Document) -> None:
    """Store a new document; what lies elsewhere is due to be fetched."""
    d = document
    await _sql.insert_document.run(
        conn,
        d.app_id,
        d.id,
        d.sender_id,
        d.file_name,
        d.content_type,
        d.size_bytes,
        d.document_type,
        d.document_number,
        d.expiry_date,
        d.source,
        d.metadata,
        d.source_url,
        None if d.source_url is None else d.created_at,
        d.created_at,
    )


async def find_many(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Document]:
    """Several documents at once."""
    return {row["id"]: _document(row) for row in await _sql.documents_by_ids.rows(conn, app_id, ids)}


async def lock_many(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Document]:
    """The same, kept from others until the end of the work."""
    return {row["id"]: _document(row) for row in await _sql.lock_documents.rows(conn, app_id, ids)}


async def give_to_sender(conn: Connection, app_id: UUID, ids: Sequence[UUID], sender_id: UUID) -> None:
    """Note whom documents are about."""
    await _sql.give_to_sender.run(conn, app_id, ids, sender_id)


async def disable(conn: Connection, app_id: UUID, ids: Sequence[UUID], now: datetime) -> list[Document]:
    """Withdraw documents; answers those that were not withdrawn before."""
    return [_document(row) for row in await _sql.disable_documents.rows(conn, app_id, ids, now)]


async def list_page(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Document], int]:
    """One page of documents, newest first, and how many there are in all."""
    rows = await _sql.list_documents.rows(conn, app_id, limit, offset)
    total = rows[0]["total_count"] if rows else await _sql.count_documents.value(conn, app_id)
    return [_document(row) for row in rows], int(total)


async def claim_fetches(conn: Connection, free: Free, lease: timedelta) -> list[Document]:
    """Claim documents whose file is due to be fetched, in turns between apps. Raises UnreadableRows."""
    asked = (free.after, free.places, free.busy_apps, free.busy_counts, lease)
    return await read_all(conn, _sql.claim_fetches, asked, _document)


async def note_fetched(conn: Connection, app_id: UUID, document_id: UUID, content_type: str, size_bytes: int) -> None:
    """Note that a file is here."""
    await _sql.note_fetched.run(conn, app_id, document_id, content_type, size_bytes)


async def note_not_fetched(conn: Connection, app_id: UUID, document_id: UUID, problem: str) -> None:
    """Note that a file cannot be had."""
    await _sql.note_not_fetched.run(conn, app_id, document_id, problem)


async def fetch_again(conn: Connection, app_id: UUID, document_id: UUID, wait: timedelta) -> None:
    """Have a file fetched again later."""
    await _sql.fetch_again.run(conn, app_id, document_id, wait)


def _document(row: Row) -> Document:
    return Document(**{name: row[name] for name in Document.__struct_fields__})
