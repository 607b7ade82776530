"""The due work of screening: senders are looked up on the sanction lists after they were created, never before.

A sender is claimed and committed, looked up in memory, then recorded. Without any list nobody is verified: staff decide
as if there were no screening. When a list has changed, everybody is looked up again, in a round: the next few become
due when nobody else is, so that new senders do not wait behind all the others.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from bitpesa.kernel.database import Database
from bitpesa.kernel.due_work import do_each
from bitpesa.kernel.places import Turns
from bitpesa.kernel.quarantine import Failure
from bitpesa.kernel.statements import Connection
from bitpesa.organisations import queries as organisations
from bitpesa.organisations.model import App
from bitpesa.screening import queries as screening
from bitpesa.screening.index import Index, Thresholds
from bitpesa.screening.model import ListInfo, Match
from bitpesa.senders import operations as senders
from bitpesa.senders import rules as sender_rules
from bitpesa.senders.model import Sender
from bitpesa.transactions.operations.senders import record_screening

AT_A_TIME = 50
LEASE = timedelta(minutes=5)


class Screener:
    """Looks senders up, and keeps the lists in memory until one is loaded anew."""

    def __init__(self, database: Database, thresholds: Thresholds) -> None:
        self._database = database
        self._thresholds = thresholds
        self._lists: list[ListInfo] = []
        self._index = Index([])
        self._turns = Turns()

    async def screen(self) -> int:
        """Look up the senders that are due, or have the next ones of a round be due; answers how many."""
        free = self._turns.free(AT_A_TIME)
        claimed = await self._database.run(senders.claim_screenings, free=free, lease=LEASE)
        if not claimed:
            return await self._database.run(senders.go_on_with_round, most=AT_A_TIME)
        self._turns.served({app_id for app_id, _, _ in claimed})
        async with self._database.reading() as conn:
            await self._read_lists(conn)
        await do_each(self._database, senders.TOPIC_SCREENING, claimed, self._screen_one, failure=_failure)
        return len(claimed)

    async def _screen_one(self, claimed: tuple[UUID, UUID, datetime]) -> bool:
        """Look up one sender, by itself: whatever is wrong with it keeps nobody else waiting."""
        app_id, sender_id, claimed_until = claimed
        async with self._database.reading() as conn:
            app = await organisations.find_app(conn, app_id)
            sender = await senders.claimed_sender(conn, app_id, sender_id)
        if app is None or not self._lists_for(app):
            await self._database.run(senders.pass_over, sender, claimed_until)
            return True
        matches = await asyncio.to_thread(self._look_up, app, sender)
        await self._database.run(record_screening, app, sender, claimed_until, matches)
        return True

    def _lists_for(self, app: App) -> bool:
        return any(app.is_sandbox or not known.sandbox_only for known in self._lists)

    def _look_up(self, app: App, sender: Sender) -> list[Match]:
        subject = sender_rules.subject_of(sender.type, sender.profile)
        return self._index.find(subject, self._thresholds, sandbox=app.is_sandbox)

    async def _read_lists(self, conn: Connection) -> None:
        """Read the lists again if one was loaded since."""
        known = await screening.lists(conn)
        if known != self._lists:
            self._index = await asyncio.to_thread(Index, await screening.listed(conn))  # takes seconds for long lists
            self._lists = known


def _failure(claimed: tuple[UUID, UUID, datetime], problem: Exception) -> Failure:
    app_id, sender_id, _ = claimed
    return Failure(str(sender_id), app_id, problem)
