"""The due work of screening: senders are looked up on the sanction lists after they were created, never before.

A sender is claimed and committed, looked up in memory, then recorded. Without any list nobody is verified: staff decide
as if there were no screening. When a list has changed, everybody is looked up again, in a round: the next few become
due when nobody else is, so that new senders do not wait behind all the others.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

from bitpesa.kernel.database import Database
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

    async def screen(self) -> int:
        """Look up the senders that are due, or have the next ones of a round be due; answers how many."""
        claimed = await self._database.run(senders.claim_screenings, batch=AT_A_TIME, lease=LEASE)
        if not claimed:
            return await self._database.run(senders.go_on_with_round, most=AT_A_TIME)
        apps = await self._prepare({sender.app_id for sender, _ in claimed})
        for sender, claimed_until in claimed:
            app = apps.get(sender.app_id)
            if app is None or not self._lists_for(app):
                await self._database.run(senders.pass_over, sender, claimed_until)
                continue
            matches = await asyncio.to_thread(self._look_up, app, sender)
            await self._database.run(record_screening, app, sender, claimed_until, matches)
        return len(claimed)

    def _lists_for(self, app: App) -> bool:
        return any(app.is_sandbox or not known.sandbox_only for known in self._lists)

    def _look_up(self, app: App, sender: Sender) -> list[Match]:
        subject = sender_rules.subject_of(sender.type, sender.profile)
        return self._index.find(subject, self._thresholds, sandbox=app.is_sandbox)

    async def _prepare(self, app_ids: set[UUID]) -> dict[UUID, App]:
        async with self._database.reading() as conn:
            await self._read_lists(conn)
            found = [await organisations.find_app(conn, app_id) for app_id in app_ids]
        return {app.id: app for app in found if app is not None}

    async def _read_lists(self, conn: Connection) -> None:
        """Read the lists again if one was loaded since."""
        known = await screening.lists(conn)
        if known != self._lists:
            self._index = await asyncio.to_thread(Index, await screening.listed(conn))  # takes seconds for long lists
            self._lists = known
