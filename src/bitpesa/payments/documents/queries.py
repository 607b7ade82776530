"""Questions about documents."""

from collections.abc import Sequence
from uuid import UUID

from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.problems import NotFound
from bitpesa.payments.documents import store
from bitpesa.payments.documents.model import Document


async def find(conn: Connection, app_id: UUID, document_id: UUID | None) -> Document:
    """One document of the app. Raises NotFound."""
    found = {} if document_id is None else await store.find_many(conn, app_id, [document_id])
    if document_id is None or document_id not in found:
        raise NotFound
    return found[document_id]


async def find_many(conn: Connection, app_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Document]:
    """Several documents of the app, by id."""
    return await store.find_many(conn, app_id, ids)


async def list_page(conn: Connection, app_id: UUID, *, limit: int, offset: int) -> tuple[list[Document], int]:
    """One page of the app's documents, newest first, and how many there are in all."""
    return await store.list_page(conn, app_id, limit=limit, offset=offset)
