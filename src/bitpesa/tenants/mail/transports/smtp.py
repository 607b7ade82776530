"""A mail server that speaks SMTP, most often one that relays for us."""

import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from typing import Literal

import aiosmtplib
import msgspec

from bitpesa.tenants.mail.transports.port import Letter, NotTaken, Outcome, Taken

TIMEOUT_SECONDS = 30
PERMANENT = 500
"""Answers from here on are final (RFC 5321, 4.2.1), except that those about ourselves can be mended by the operator."""


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the mail server is, how the way there is kept private, and who we are to it."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str | None
    password: str | None
    sender: str

    def __repr__(self) -> str:
        return f"SmtpSettings(host={self.host!r}, port={self.port})"


class Smtp:
    """Hands letters to a mail server, one connection each: they are few."""

    def __init__(self, settings: SmtpSettings, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._tls = tls or ssl.create_default_context()

    async def send(self, letter: Letter) -> Outcome:
        """Hand over a letter."""
        private = self._settings.security
        try:
            await aiosmtplib.send(
                message_of(letter, self._settings.sender),
                hostname=self._settings.host,
                port=self._settings.port,
                username=self._settings.user,
                password=self._settings.password,
                use_tls=private == "tls",
                start_tls=private == "starttls",
                tls_context=None if private == "none" else self._tls,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            codes = [each.code for each in refusal.recipients]
            return NotTaken(f"recipient refused: {codes}", for_good=all(code >= PERMANENT for code in codes))
        except aiosmtplib.SMTPDataError as refusal:
            return NotTaken(f"text refused: {refusal.code}", for_good=refusal.code >= PERMANENT)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
            return NotTaken(repr(problem), for_good=False)
        return Taken()


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """A letter as it travels. Its id makes the Message-ID, so that a reader shows two tries as one mail."""
    name, address = parseaddr(sender)
    local, _, domain = address.rpartition("@")
    message = EmailMessage(SMTP)
    message["From"] = Address(name, local, domain)
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{letter.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message
