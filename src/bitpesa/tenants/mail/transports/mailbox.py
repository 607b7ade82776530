"""The mailbox of the sandbox: mail is not sent but kept, and shown on a page where there is nobody else to see it."""

from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.database.statements import Connection, load
from bitpesa.tenants.mail.transports.port import Letter, NotTaken, Outcome, Taken

MOST_SHOWN = 50

_sql = load(__package__, "mailbox.sql")

log = structlog.get_logger()


class Kept(msgspec.Struct, frozen=True):
    """A letter that was kept."""

    id: UUID
    recipient: str
    subject: str
    text: str
    created_at: datetime


class Mailbox:
    """Keeps letters in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def send(self, letter: Letter) -> Outcome:
        """Keep a letter."""
        async with self._database.reading() as conn:
            await _sql.keep.run(conn, letter.id, letter.recipient, letter.subject, letter.text)
        log.info("mail.kept", recipient=letter.recipient, subject=letter.subject)
        return Taken()


class Nobody:
    """A deployment that nobody gave a mail server: letters wait for one, and the log says so."""

    async def send(self, letter: Letter) -> Outcome:
        """Take nothing."""
        log.warning("mail.no_server", recipient=letter.recipient, subject=letter.subject)
        return NotTaken("BITPESA_SMTP_HOST is not set", for_good=False)


async def newest(conn: Connection) -> list[Kept]:
    """The letters kept last, newest first."""
    rows = await _sql.newest.rows(conn, MOST_SHOWN)
    return [Kept(row["id"], row["recipient"], row["subject"], row["text"], row["created_at"]) for row in rows]
