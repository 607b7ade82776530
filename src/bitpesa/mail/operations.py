"""Writing mail down."""

from uuid import UUID

from bitpesa.kernel.database import Work
from bitpesa.kernel.encryption import Vault
from bitpesa.mail import store

TOPIC = "mail"


async def send(
    work: Work, vault: Vault, recipient: str, subject: str, text: str, *, on_behalf_of: UUID | None = None
) -> None:
    """Send a mail in plain text once the transaction is committed. The text is sealed while it waits.

    `on_behalf_of`: the organisation that has it sent, which takes turns with others; None: its recipient alone.
    """
    await store.insert(work.conn, recipient, " ".join(subject.split()), vault.seal(text), on_behalf_of)
    work.wake(TOPIC)
