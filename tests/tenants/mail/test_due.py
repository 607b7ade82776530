"""Mail on its way: handed over once, tried again for a while, and its text kept no longer than that."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bitpesa.kernel.crypto.encryption import Vault, new_master_key
from bitpesa.kernel.database.pool import Database
from bitpesa.tenants.mail.due import forget_old_mail, send_due_mail
from bitpesa.tenants.mail.operations import send
from bitpesa.tenants.mail.transports.port import Letter, NotTaken, Outcome, Taken

DELAYS = (timedelta(seconds=30), timedelta(seconds=300))


class Post:
    """A mailer that answers what it is told to."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers = list(answers)
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Taken()


@pytest.fixture
def vault() -> Vault:
    return Vault([new_master_key()])


async def write(database: Database, vault: Vault, text: str = "a link") -> None:
    await database.run(send, vault, "jane@example.com", "Sub\r\nBcc: x@example.com", text)


async def rows(database: Database, statement: str = "select * from mails") -> list[Any]:
    async with database.reading() as conn:
        return list(await conn.fetch(statement))


async def make_due(database: Database) -> None:
    await rows(database, "update mails set due_at = clock_timestamp() where due_at is not null")


async def test_a_mail_is_handed_over_once_and_its_text_is_gone(database: Database, vault: Vault) -> None:
    await write(database, vault)
    (row,) = await rows(database)
    assert b"a link" not in row["sealed_text"]
    post = Post()
    assert await send_due_mail(database, post, vault, DELAYS) == 1
    assert await send_due_mail(database, post, vault, DELAYS) == 0
    assert [(each.recipient, each.subject, each.text) for each in post.letters] == [
        ("jane@example.com", "Sub Bcc: x@example.com", "a link")
    ]
    (row,) = await rows(database)
    assert (row["sealed_text"], row["due_at"], row["tries"]) == (None, None, 1)
    assert row["sent_at"] is not None
    assert "a link" not in repr(post.letters)


async def test_a_mail_is_tried_again_under_the_same_id_and_dropped_in_the_end(database: Database, vault: Vault) -> None:
    await write(database, vault)
    post = Post(*[NotTaken("busy", for_good=False)] * 5)
    for waits in (30, 300):
        assert await send_due_mail(database, post, vault, DELAYS) == 1
        (row,) = await rows(database, "select extract(epoch from due_at - clock_timestamp()) as waits from mails")
        assert float(row["waits"]) == pytest.approx(waits, abs=5)
        await make_due(database)
    assert await send_due_mail(database, post, vault, DELAYS) == 1
    (row,) = await rows(database)
    assert (row["due_at"], row["sealed_text"], row["sent_at"], row["problem"]) == (None, None, None, "busy")
    assert len({each.id for each in post.letters}) == 1
    assert len(post.letters) == 3


async def test_what_is_refused_for_good_is_dropped_at_once(database: Database, vault: Vault) -> None:
    await write(database, vault)
    await send_due_mail(database, Post(NotTaken("no such user", for_good=True)), vault, DELAYS)
    (row,) = await rows(database)
    assert (row["due_at"], row["problem"]) == (None, "no such user")


async def test_a_worker_that_died_loses_nothing(database: Database, vault: Vault) -> None:
    class Dying:
        async def send(self, _letter: Letter) -> Outcome:
            raise asyncio.CancelledError

    await write(database, vault)
    with pytest.raises(asyncio.CancelledError):
        await send_due_mail(database, Dying(), vault, DELAYS)
    assert await send_due_mail(database, Post(), vault, DELAYS) == 0  # the lease runs
    await make_due(database)
    assert await send_due_mail(database, Post(), vault, DELAYS) == 1


async def test_a_text_that_no_key_opens_holds_nobody_up_and_is_not_lost(database: Database, vault: Vault) -> None:
    """A process may not have the newest master key yet."""
    key = new_master_key()
    await write(database, Vault([key]), "sealed by another process")
    await write(database, vault, "readable")
    post = Post()
    assert await send_due_mail(database, post, vault, DELAYS) == 2
    assert [each.text for each in post.letters] == ["readable"]
    assert sorted(row["due_at"] is None for row in await rows(database)) == [False, True]
    await make_due(database)
    assert await send_due_mail(database, post, Vault([key]), DELAYS) == 1
    assert [each.text for each in post.letters] == ["readable", "sealed by another process"]


async def test_old_mail_is_forgotten_and_what_waits_is_not(database: Database, vault: Vault) -> None:
    await write(database, vault)
    await send_due_mail(database, Post(), vault, DELAYS)
    await write(database, vault)
    assert await forget_old_mail(database, timedelta(0)) == 1
    assert len(await rows(database)) == 1
