"""The due work of screening: senders and recipients are looked up on the sanction lists, beside the request.

They are claimed and committed, looked up, then recorded. Without any list nobody is verified and everybody is paid:
staff decide as if there were no screening. When a list has changed, every sender is looked up again, in a round: the
next few become due when nobody else is, so that new senders do not wait behind all the others. Payouts do not wait for
that round: whoever is about to be paid is looked up first, with the sender, unless they were under these very lists.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.due_work import do_each
from bitpesa.kernel.database.places import Turns
from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.database.quarantine import Failure
from bitpesa.payments.compliance.matches import record_recipient, record_sender
from bitpesa.payments.recipients import operations as recipients
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.model import Recipient
from bitpesa.payments.screening.lookups import Lookups
from bitpesa.payments.screening.model import Match, Subject
from bitpesa.payments.senders import operations as senders
from bitpesa.payments.senders import queries as sender_queries
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.senders.model import Sender
from bitpesa.payments.transactions import queries as transactions
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App

AT_A_TIME = 50
LEASE = timedelta(minutes=5)
SECONDS_WITHOUT_LISTS = 1.0
"""How long it is taken for granted that there is still no list: no payout waits for it, so nobody need ask."""

Claimed = tuple[Recipient, datetime]


class Screener:
    """Looks senders and recipients up on the lists that `lookups` has read."""

    def __init__(self, database: Database, lookups: Lookups) -> None:
        self._database = database
        self._lookups = lookups
        self._no_lists_at: float | None = None
        self._turns = Turns()
        self._recipient_turns = Turns()

    async def screen(self) -> int:
        """Look up the senders that are due, or have the next ones of a round be due; answers how many."""
        free = self._turns.free(AT_A_TIME)
        claimed = await self._database.run(senders.claim_screenings, free=free, lease=LEASE)
        if not claimed:
            return await self._database.run(senders.go_on_with_round, most=AT_A_TIME)
        self._turns.served({app_id for app_id, _, _ in claimed})
        edition = await self._lookups.refresh()
        work = partial(self._screen_claimed, edition)
        await do_each(self._database, senders.TOPIC_SCREENING, claimed, work, failure=_failure_of_sender)
        return len(claimed)

    async def screen_recipients(self) -> int:
        """Look up recipients that are new, edited, or about to be paid; answers how many."""
        if self._no_lists_at is not None and time.monotonic() - self._no_lists_at < SECONDS_WITHOUT_LISTS:
            return 0
        edition = await self._lookups.refresh()
        claimed = await quarantine.claim(
            self._database,
            recipients.TOPIC_SCREENING,
            recipients.claim_screenings,
            free=self._recipient_turns.free(AT_A_TIME),
            lease=LEASE,
        )
        self._no_lists_at = time.monotonic() if edition == 0 and not claimed else None
        if not claimed:
            return 0
        self._recipient_turns.served({recipient.app_id for recipient, _ in claimed})
        try:
            await self._screen_recipients(edition, claimed)
        except UNREACHABLE:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, it is one row's alone: each is looked up by itself
            work = partial(self._screen_recipient, edition)
            await do_each(self._database, recipients.TOPIC_SCREENING, claimed, work, failure=_failure_of_recipient)
        return len(claimed)

    async def _screen_recipient(self, edition: int, claimed: Claimed) -> bool:
        await self._screen_recipients(edition, [claimed])
        return True

    async def _screen_recipients(self, edition: int, claimed: Sequence[Claimed]) -> None:
        """Look up recipients and, where they were not under this edition, their senders."""
        sender_ids = await self._senders_of(claimed)
        asked = sorted({(each.app_id, sender_ids[each.transaction_id]) for each, _ in claimed})
        late = await self._database.run(senders.claim_screenings_of, asked, edition, lease=LEASE)
        apps = await self._apps({each.app_id for each, _ in claimed})
        for sender, claimed_until in late:
            await self._screen_sender(apps[sender.app_id], sender, claimed_until, edition)
        held = await self._held(asked)
        clear: list[Claimed] = []
        for recipient, claimed_until in claimed:
            app, sender_id = apps[recipient.app_id], sender_ids[recipient.transaction_id]
            matches = await self._find(app, recipient_rules.subjects_of(recipient))
            if not matches and (recipient.app_id, sender_id) not in held:
                clear.append((recipient, claimed_until))
                continue
            await self._database.run(record_recipient, app, recipient, claimed_until, matches, edition=edition)
        await self._database.run(recipients.clear, clear, edition)

    async def _screen_claimed(self, edition: int, claimed: tuple[UUID, UUID, datetime]) -> bool:
        """Look up one sender, by itself: whatever is wrong with it keeps nobody else waiting."""
        app_id, sender_id, claimed_until = claimed
        async with self._database.reading() as conn:
            app = await organisations.find_app(conn, app_id)
            sender = await senders.claimed_sender(conn, app_id, sender_id)
        if app is None:
            await self._database.run(senders.pass_over, sender, claimed_until, edition)
        else:
            await self._screen_sender(app, sender, claimed_until, edition)
        return True

    async def _screen_sender(self, app: App, sender: Sender, claimed_until: datetime, edition: int) -> None:
        if not self._lookups.has_lists(sandbox=app.is_sandbox):
            await self._database.run(senders.pass_over, sender, claimed_until, edition)
            return
        matches = await self._find(app, sender_rules.subjects_of(sender.type, sender.profile))
        await self._database.run(record_sender, app, sender, claimed_until, matches, edition=edition)

    async def _find(self, app: App, subjects: Sequence[Subject]) -> list[Match]:
        if not subjects or not self._lookups.has_lists(sandbox=app.is_sandbox):
            return []
        return await self._lookups.find(subjects, sandbox=app.is_sandbox)

    async def _apps(self, app_ids: set[UUID]) -> dict[UUID, App]:
        async with self._database.reading() as conn:
            found = [await organisations.find_app(conn, app_id) for app_id in app_ids]
        return {app.id: app for app in found if app is not None}

    async def _senders_of(self, claimed: Sequence[Claimed]) -> dict[UUID, UUID]:
        async with self._database.reading() as conn:
            return await transactions.senders_of(conn, [(each.app_id, each.transaction_id) for each, _ in claimed])

    async def _held(self, asked: Sequence[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
        """Those of some senders whose payments wait for staff, or may not be made."""
        async with self._database.reading() as conn:
            return await sender_queries.under_review(conn, asked)


def _failure_of_sender(claimed: tuple[UUID, UUID, datetime], problem: Exception) -> Failure:
    app_id, sender_id, _ = claimed
    return Failure(str(sender_id), app_id, problem)


def _failure_of_recipient(claimed: Claimed, problem: Exception) -> Failure:
    recipient, _ = claimed
    return Failure(str(recipient.id), recipient.app_id, problem)
