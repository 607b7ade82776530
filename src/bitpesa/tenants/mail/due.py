"""The due work of mail: handing it over, and forgetting what was."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bitpesa.kernel.crypto.encryption import CannotDecrypt, Vault
from bitpesa.kernel.database.due_work import do_each
from bitpesa.kernel.database.places import Free, Turns
from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.database.quarantine import Failure
from bitpesa.tenants.mail import operations, store
from bitpesa.tenants.mail.store import Claimed
from bitpesa.tenants.mail.transports.port import Letter, Mailer, NotTaken, Outcome, Taken

TOPIC = operations.TOPIC

AT_A_TIME = 20
LEASE = timedelta(minutes=5)
"""Longer than a mail server may take for a whole batch before it is given up on."""
FORGOTTEN_AT_A_TIME = 1_000

log = structlog.get_logger()


async def send_due_mail(
    database: Database, mailer: Mailer, vault: Vault, delays: Sequence[timedelta], turns: Turns | None = None
) -> int:
    """Hand over what is due, in turns between those who have it sent; answers how many mails were tried."""
    turns = turns or Turns()
    claimed = await database.run(_claim, turns.free(AT_A_TIME))
    turns.served({mail.on_behalf_of for mail in claimed})

    async def hand_over(mail: Claimed) -> bool:
        await database.run(_record, mail, await _handed_over(mailer, vault, mail), delays)
        return True

    return await do_each(
        database, TOPIC, claimed, hand_over, failure=lambda mail, problem: Failure(str(mail.id), None, problem)
    )


async def forget_old_mail(database: Database, age: timedelta) -> int:
    """Delete mail that was sent or dropped; answers how many."""
    async with database.reading() as conn:
        return await store.delete_old(conn, age, FORGOTTEN_AT_A_TIME)


async def _handed_over(mailer: Mailer, vault: Vault, mail: Claimed) -> Outcome:
    try:
        text = vault.open(mail.sealed_text)
    except CannotDecrypt as problem:  # another process may have a master key that this one has not got yet
        return NotTaken(str(problem), for_good=False)
    return await mailer.send(Letter(mail.id, mail.recipient, mail.subject, text))


async def _claim(work: Work, free: Free) -> list[Claimed]:
    return await store.claim(work.conn, free, LEASE)


async def _record(work: Work, mail: Claimed, outcome: Outcome, delays: Sequence[timedelta]) -> None:
    match outcome:
        case Taken():
            await store.end(work.conn, mail.id, is_sent=True, problem=None)
        case NotTaken(reason, for_good) if for_good or mail.tries > len(delays):
            log.warning("mail.dropped", recipient=mail.recipient, subject=mail.subject, reason=reason)
            await store.end(work.conn, mail.id, is_sent=False, problem=reason)
        case NotTaken(reason, _):
            await store.put_off(work.conn, mail.id, delays[mail.tries - 1], reason)
