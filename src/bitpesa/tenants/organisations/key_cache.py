"""Keys with their secrets opened, remembered so that a repeated request or webhook decrypts nothing.

Whether a key is still active is never remembered: the database is asked each time.
"""

from collections import OrderedDict
from collections.abc import Collection
from itertools import islice
from uuid import UUID

import structlog

from bitpesa.kernel.crypto.encryption import CannotDecrypt, Vault
from bitpesa.kernel.database.statements import Connection, Row
from bitpesa.tenants.organisations import store
from bitpesa.tenants.organisations.model import Credential

MOST_REMEMBERED = 10_000

log = structlog.get_logger()


class KeyRing:
    """The opened keys of this process."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._opened: OrderedDict[str, Credential] = OrderedDict()

    async def by_text(self, conn: Connection, key: str) -> Credential | None:
        """The active key of this text, from the database; None when there is none. Raises CannotDecrypt."""
        row = await store.sealed_key_by_text(conn, key)
        return self._open(row) if row else None

    def remembered(self, key: str) -> Credential | None:
        """The key of this text if it was opened before; it may have been revoked since."""
        return self._opened.get(key)

    def others_of_app(self, app_id: UUID, key: str, most: int) -> list[Credential]:
        """A few other keys of an app, as far as they were opened before; they may have been revoked since."""
        others = (each for each in self._opened.values() if each.app_id == app_id and each.key != key)
        return list(islice(others, most))

    async def to_sign_with(
        self, conn: Connection, wanted: Collection[tuple[UUID, UUID | None]]
    ) -> dict[tuple[UUID, UUID | None], Credential]:
        """The keys that sign what is sent to apps: the preferred one while active, else the newest active one.

        Asked for and answered by app and preferred key. An app without an active key is missing, and so is one whose
        key cannot be opened, which the log tells: the others are not to suffer for it.
        """
        found = {}
        for row in await store.sealed_keys_to_sign_with(conn, wanted):
            try:
                found[row["app_id"], row["preferred_id"]] = self._open(row)
            except (CannotDecrypt, ValueError):  # whatever became of the sealed secret
                log.exception("keys.cannot_be_opened", app_id=str(row["app_id"]), api_key_id=str(row["id"]))
        return found

    def _open(self, row: Row) -> Credential:
        key: str = row["key"]
        known = self._opened.get(key)
        if known is None or known.app_id != row["app_id"]:  # a key moves when its sandbox app begins anew
            secret = self._vault.open(row["sealed_secret"])
            self._opened[key] = Credential(row["id"], row["app_id"], row["environment"], key, secret)
            if len(self._opened) > MOST_REMEMBERED:
                self._opened.popitem(last=False)
        return self._opened[key]
