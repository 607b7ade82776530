"""Writing mail down, and sealing it anew when the master key changes."""

from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Connection
from bitpesa.tenants.mail import store

TOPIC = "mail"


async def send(
    work: Work, vault: Vault, recipient: str, subject: str, text: str, *, on_behalf_of: UUID | None = None
) -> None:
    """Send a mail in plain text once the transaction is committed. The text is sealed while it waits.

    `on_behalf_of`: the organisation that has it sent, which takes turns with others; None: its recipient alone.
    """
    await store.insert(work.conn, recipient, " ".join(subject.split()), vault.seal(text), on_behalf_of)
    work.wake(TOPIC)


async def seal_texts_again(work: Work, vault: Vault) -> int:
    """Re-encrypt the texts that wait under the newest master key, and tell how many. Raises CannotDecrypt."""
    sealed = await store.lock_sealed_texts(work.conn)
    await store.set_sealed_texts(work.conn, list(sealed), [vault.seal_again(text) for text in sealed.values()])
    return len(sealed)


async def older_seals(conn: Connection, vault: Vault) -> int:
    """How many texts of mail on its way an older master key is needed for."""
    return sum(not vault.is_sealed_by_newest(sealed) for sealed in await store.sealed_texts(conn))
