"""The shelf: where the bytes of documents lie, outside the database; a directory, or a bucket that speaks S3."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import obstore
from obstore.store import LocalStore, S3Store

TRIES_AGAIN = 3
PATIENCE = timedelta(seconds=20)
"""With a bucket: a client waits meanwhile."""

Store: TypeAlias = LocalStore | S3Store


class Shelf:
    """Keeps files by app and id. Nothing is touched before the first file comes or is asked for."""

    def __init__(self, open_store: Callable[[], Store], root: Path | None = None) -> None:
        self._open_store = open_store
        self._root = root

    @cached_property
    def _store(self) -> Store:
        return self._open_store()

    async def keep(self, app_id: UUID, file_id: UUID, data: bytes) -> None:
        """Keep a file, for good when this returns; one of the same id is replaced."""
        await obstore.put_async(self._store, _place(app_id, file_id), data, use_multipart=False)
        if self._root is not None:
            await asyncio.to_thread(_settle, self._root / _place(app_id, file_id))

    async def fetch(self, app_id: UUID, file_id: UUID) -> bytes | None:
        """The bytes of a file; None when it is not there."""
        try:
            found = await obstore.get_async(self._store, _place(app_id, file_id))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def remove(self, app_id: UUID, file_id: UUID) -> None:
        """Take a file away; one that is not there is away already."""
        try:
            await obstore.delete_async(self._store, _place(app_id, file_id))
        except FileNotFoundError:
            return


def shelf_on_disk(directory: Path) -> Shelf:
    """A shelf in a directory, which is made when the first file comes."""
    return Shelf(lambda: LocalStore(directory, mkdir=True, automatic_cleanup=True), directory)


def shelf_in_bucket(bucket: str, *, endpoint: str | None = None, region: str | None = None) -> Shelf:
    """A shelf in a bucket, or below a prefix of it: `bucket/prefix`.

    Who we are is told by the usual variables (`AWS_ACCESS_KEY_ID` and so on) or by the machine itself.
    """
    name, _, prefix = bucket.partition("/")
    config = {"endpoint": endpoint, "region": region}

    def open_store() -> Store:
        return S3Store(
            name,
            prefix=prefix or None,
            config={key: value for key, value in config.items() if value},  # type: ignore[arg-type]
            client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": PATIENCE},
            retry_config={"max_retries": TRIES_AGAIN, "retry_timeout": PATIENCE},
        )

    return Shelf(open_store)


def _place(app_id: UUID, file_id: UUID) -> str:
    return f"{app_id}/{file_id}"


def _settle(path: Path) -> None:
    """Wait until a file and its name are on the disk: its row will say so, and rows survive a power cut."""
    for each in (path, path.parent, path.parent.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
