"""Writing mail down."""

from bitpesa.kernel.database import Work
from bitpesa.kernel.encryption import Vault
from bitpesa.mail import store

TOPIC = "mail"


async def send(work: Work, vault: Vault, recipient: str, subject: str, text: str) -> None:
    """Send a mail in plain text once the transaction is committed. The text is sealed while it waits."""
    await store.insert(work.conn, recipient, " ".join(subject.split()), vault.seal(text))
    work.wake(TOPIC)
