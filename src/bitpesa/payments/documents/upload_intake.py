"""Taking files in before their request is done, and taking them away again when it is refused.

Bytes are written outside any transaction and first; the row that names them comes second. In between they stand in the
list of unclaimed files, so that nothing is forgotten, whenever a process dies.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.values.ids import new_id
from bitpesa.payments.documents import store
from bitpesa.payments.documents.blob_store import Shelf
from bitpesa.payments.documents.links import Links
from bitpesa.payments.documents.uploads import Elsewhere, Faulty, Inline, Kept, read_upload
from bitpesa.tenants.organisations.model import App


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Where the files of documents lie, what is taken, and the links that show them."""

    shelf: Shelf
    links: Links
    largest_bytes: int
    fetch_seconds: float
    allow_private_in_sandbox: bool = False

    def may_be_private(self, app: App) -> bool:
        """Whether files of this app may be fetched from private addresses."""
        return app.is_sandbox and self.allow_private_in_sandbox


async def judge(files: Files, app: App, submitted: Sequence[Any]) -> list[Any]:
    """The documents of a request with what was found in place of each upload; no byte is kept."""
    return [document for document, _ in await _read_all(files, app, submitted)]


async def take_in(
    database: Database, files: Files, app: App, submitted: Sequence[Any]
) -> tuple[list[Any], tuple[UUID, ...]]:
    """The same, with the bytes on the shelf; also the ids of the files that are there now."""
    read = await _read_all(files, app, submitted)
    here = {document["upload"].id: inline.data for document, inline in read if inline is not None}
    if here:
        async with database.reading() as conn:
            await store.keep_files(conn, app.id, list(here))
    for file_id, data in here.items():
        await files.shelf.keep(app.id, file_id, data)
    return [document for document, _ in read], tuple(here)


async def give_back(database: Database, files: Files, app: App, file_ids: Sequence[UUID]) -> None:
    """Take files away again whose request was surely refused."""
    for file_id in file_ids:
        await remove_file(database, files, app.id, file_id)


async def remove_file(database: Database, files: Files, app_id: UUID, file_id: UUID) -> None:
    """Remove the bytes of a file that no document has, and then the note of it."""
    await files.shelf.remove(app_id, file_id)
    async with database.reading() as conn:
        await store.forget_file(conn, app_id, file_id)


async def _read_all(files: Files, app: App, submitted: Sequence[Any]) -> list[tuple[Any, Inline | None]]:
    return [await _read(files, app, each) for each in submitted]


async def _read(files: Files, app: App, submitted: Any) -> tuple[Any, Inline | None]:
    if not isinstance(submitted, dict) or submitted.get("id") not in (None, ""):
        return submitted, None
    # In a thread: undoing base64 takes tens of milliseconds for the largest, which others need not wait for.
    found = await asyncio.to_thread(
        read_upload,
        submitted.get("upload"),
        largest_bytes=files.largest_bytes,
        live=not app.is_sandbox,
        allow_private=files.may_be_private(app),
    )
    match found:
        case Inline(data=data, content_type=content_type):
            return {**submitted, "upload": Kept(new_id(), content_type, len(data))}, found
        case Elsewhere() | Faulty():
            return {**submitted, "upload": found}, None
