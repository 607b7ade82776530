"""What a mail server is sent, and what its answers mean."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from bitpesa.tenants.mail.transports.port import Letter, NotTaken, Taken
from bitpesa.tenants.mail.transports.smtp import Smtp, SmtpSettings, message_of

LETTER = Letter(UUID(int=7), "jane@example.com", "Grüße, 🦊", "A link:\n\nhttps://portal.example/x\n.\nEnd, fin\n")


class Server:
    """A mail server that answers each command as it is told to."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.heard: list[str] = []
        self.text = b""
        self.port = 0
        self.at_it: list[asyncio.Task[None]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.at_it.append(task)
        try:
            await self.talk(reader, writer)
        except ConnectionError:
            pass  # whoever called has hung up
        finally:
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            command = line.decode().strip()
            self.heard.append(command)
            word = command.split(" ", 1)[0].upper()
            answer = self.answers.get(word, "354 go on" if word == "DATA" else "250 fine")
            writer.write(answer.encode() + b"\r\n")
            await writer.drain()
            if word == "DATA" and answer.startswith("354"):
                self.text = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                writer.write(self.answers.get("TEXT", "250 taken").encode() + b"\r\n")
            if word == "QUIT":
                break


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[Smtp]:
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield Smtp(settings(server.port))
        await asyncio.gather(*server.at_it)


def settings(port: int) -> SmtpSettings:
    return SmtpSettings(
        host="127.0.0.1",
        port=port,
        security="none",
        user=None,
        password=None,
        sender="bitpesa <no-reply@bitpesa.example>",
    )


async def test_a_letter_arrives_as_it_was_written() -> None:
    server = Server()
    async with running(server) as smtp:
        assert await smtp.send(LETTER) == Taken()
    assert any(line.lower().startswith("mail from:<no-reply@bitpesa.example>") for line in server.heard)
    assert any(line.lower().startswith("rcpt to:<jane@example.com>") for line in server.heard)
    arrived = email.message_from_bytes(server.text.replace(b"\r\n..", b"\r\n."), policy=email.policy.SMTP)
    assert arrived["Subject"] == LETTER.subject
    assert arrived["From"] == "bitpesa <no-reply@bitpesa.example>"
    assert arrived["Message-ID"] == f"<{LETTER.id}@bitpesa.example>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived.get_content().replace("\r\n", "\n").rstrip("\n") == LETTER.text.rstrip("\n")


@pytest.mark.parametrize(
    ("answers", "for_good"),
    [
        ({"RCPT": "550 no such user"}, True),
        ({"RCPT": "450 try later"}, False),
        ({"TEXT": "554 spam"}, True),
        ({"TEXT": "451 try later"}, False),
        ({"MAIL": "530 log in first"}, False),  # that is for the operator to mend
        ({"EHLO": "421 busy", "HELO": "421 busy"}, False),
    ],
)
async def test_what_is_final_is_told_from_what_may_change(answers: dict[str, str], *, for_good: bool) -> None:
    async with running(Server(**answers)) as smtp:
        outcome = await smtp.send(LETTER)
    assert isinstance(outcome, NotTaken)
    assert outcome.for_good is for_good


async def test_a_server_that_is_away_may_come_back() -> None:
    server = Server()
    async with running(server):
        port = server.port
    outcome = await Smtp(settings(port)).send(LETTER)
    assert isinstance(outcome, NotTaken)
    assert not outcome.for_good


async def test_a_server_without_tls_is_told_nothing_where_tls_is_asked_for() -> None:
    server = Server()
    async with running(server):
        careful = Smtp(SmtpSettings(**{**as_dict(settings(server.port)), "security": "starttls"}))
        outcome = await careful.send(LETTER)
    assert isinstance(outcome, NotTaken)
    assert server.text == b""
    assert not any(line.upper().startswith(("MAIL", "AUTH")) for line in server.heard)


def as_dict(given: SmtpSettings) -> dict[str, object]:
    return {name: getattr(given, name) for name in SmtpSettings.__struct_fields__}


def test_no_line_can_be_added_to_the_head_of_a_letter() -> None:
    for letter in (
        Letter(UUID(int=1), "jane@example.com\nBcc: all@example.com", "x", "y"),
        Letter(UUID(int=1), "jane@example.com", "x\nBcc: all@example.com", "y"),
    ):
        with pytest.raises(ValueError, match=r"linefeed|newline|CR"):
            message_of(letter, "a@b.example")


def test_the_password_is_not_shown_when_settings_are_printed() -> None:
    shown = SmtpSettings(host="h", port=1, security="tls", user="u", password="pw-secret", sender="a@b.example")
    assert "pw-secret" not in f"{shown!r} {shown}"
