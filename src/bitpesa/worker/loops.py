"""The loops of a worker: which kind of due work wakes on what, and what it runs (design decision 8).

Several workers may run at once: claims are conditional, so each row is done by one of them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import structlog

from bitpesa.api_support.api_logs.due import forget_old_calls
from bitpesa.api_support.idempotency.due import forget_old_answers
from bitpesa.api_support.soft_limits.due import forget_old_counts
from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.due_work import DueWork, keep_doing
from bitpesa.kernel.database.places import Turns
from bitpesa.kernel.outbox import events
from bitpesa.ops.reports import due as reports
from bitpesa.payments.collections import operations as collections
from bitpesa.payments.compliance.screening_worker import Screener
from bitpesa.payments.documents import operations as documents
from bitpesa.payments.documents.due import Fetcher, sweep_files
from bitpesa.payments.recipients import operations as recipients
from bitpesa.payments.screening.lookups import Lookups
from bitpesa.payments.senders import operations as senders
from bitpesa.payments.transactions.workers import payouts as transactions
from bitpesa.payments.transactions.workers.collections import Cashier
from bitpesa.payments.transactions.workers.payouts import Payer, expire_transactions, refund_payouts
from bitpesa.tenants.mail import due as mail
from bitpesa.tenants.organisations.due import forget_useless_nonces
from bitpesa.tenants.users.due import forget_old_sessions
from bitpesa.webhooks import operations as webhooks
from bitpesa.webhooks.dispatcher import Courier
from bitpesa.webhooks.due import forget_old_deliveries, forget_old_events, forget_old_logs
from bitpesa.wiring import (
    Platform,
    collecting_settings,
    delivery_settings,
    mail_delays,
    payout_settings,
    screening_thresholds,
)

LOGS_ARE_KEPT = timedelta(days=90)
SESSIONS_ARE_KEPT = timedelta(days=30)
DELIVERIES_ARE_KEPT = LOGS_ARE_KEPT
EVENTS_ARE_KEPT = DELIVERIES_ARE_KEPT + timedelta(days=7)
"""Longer than their deliveries: what was asked for once more at the last moment has ended by then."""

SECONDS_BETWEEN_CLEANINGS = 600.0

log = structlog.get_logger()


async def run_worker(platform: Platform, *, alone: bool = False) -> None:
    """Do due work until cancelled; what was begun is finished first. `alone`: no other process shares the database."""
    database = platform.database
    async with open_hands(platform) as hands, asyncio.TaskGroup() as loops:
        for work in all_due_work(platform, hands):
            loops.create_task(keep_doing(work, database.wakeups), name=f"due work: {work.topic}")
        if not alone:
            loops.create_task(database.wakeups.bridge(platform.settings.database_url), name="wake-ups")
        log.info("worker.started")


class Hands(msgspec.Struct, frozen=True):
    """What has work under way beyond the batch that began it."""

    payer: Payer
    cashier: Cashier
    courier: Courier
    fetcher: Fetcher
    lookups: Lookups

    async def finish(self) -> None:
        """Wait until everything that was claimed is recorded."""
        for each in (self.payer, self.cashier, self.courier, self.fetcher):
            await each.finish()


@asynccontextmanager
async def open_hands(platform: Platform) -> AsyncIterator[Hands]:
    """Open them, and let them end at the end."""
    settings, database = platform.settings, platform.database
    async with (
        Payer(database, platform.providers, payout_settings(settings)) as payer,
        Cashier(database, platform.providers, collecting_settings(settings)) as cashier,
        Courier(database, platform.http, platform.keys.to_sign_with, delivery_settings(settings)) as courier,
        Fetcher(database, platform.http, platform.files) as fetcher,
        Lookups(database, screening_thresholds(settings)) as lookups,
    ):
        yield Hands(payer, cashier, courier, fetcher, lookups)


def all_due_work(platform: Platform, hands: Hands) -> list[DueWork]:
    """Everything that can be due, each with the topic that wakes it."""
    database, payer, cashier, courier = platform.database, hands.payer, hands.cashier, hands.courier
    screener = Screener(database, hands.lookups)
    delays = mail_delays(platform.settings)
    expiry, refunds, report_turns, mail_turns = Turns(), Turns(), Turns(), Turns()
    return [
        DueWork(collections.TOPIC_STARTS, cashier.start),
        DueWork(collections.TOPIC_QUESTIONS, cashier.ask),
        DueWork(recipients.TOPIC_ATTEMPTS, payer.make_attempts),
        DueWork(recipients.TOPIC_QUESTIONS, payer.ask),
        DueWork(senders.TOPIC_SCREENING, screener.screen),
        DueWork(recipients.TOPIC_SCREENING, screener.screen_recipients),
        DueWork(transactions.TOPIC_EXPIRY, lambda: expire_transactions(database, expiry)),
        DueWork(transactions.TOPIC_REFUNDS, lambda: refund_payouts(database, refunds)),
        DueWork(events.TOPIC, courier.tell),
        DueWork(webhooks.TOPIC, courier.deliver),
        DueWork(documents.TOPIC, hands.fetcher.fetch),
        DueWork("unclaimed files", lambda: sweep_files(database, platform.files), SECONDS_BETWEEN_CLEANINGS),
        DueWork(reports.TOPIC, lambda: reports.make_due_reports(database, report_turns), reports.SECONDS_BETWEEN_LOOKS),
        DueWork(mail.TOPIC, lambda: mail.send_due_mail(database, platform.mailer, platform.vault, delays, mail_turns)),
        DueWork("old mail", lambda: mail.forget_old_mail(database, LOGS_ARE_KEPT), SECONDS_BETWEEN_CLEANINGS),
        DueWork("old sessions", lambda: forget_old_sessions(database, SESSIONS_ARE_KEPT), SECONDS_BETWEEN_CLEANINGS),
        DueWork("old logs", lambda: forget_old_logs(database, LOGS_ARE_KEPT), SECONDS_BETWEEN_CLEANINGS),
        DueWork(
            "old deliveries", lambda: forget_old_deliveries(database, DELIVERIES_ARE_KEPT), SECONDS_BETWEEN_CLEANINGS
        ),
        DueWork("old events", lambda: forget_old_events(database, EVENTS_ARE_KEPT), SECONDS_BETWEEN_CLEANINGS),
        DueWork("useless nonces", lambda: forget_useless_nonces(database), SECONDS_BETWEEN_CLEANINGS),
        DueWork("old calls", lambda: forget_old_calls(database, LOGS_ARE_KEPT), SECONDS_BETWEEN_CLEANINGS),
        DueWork("old counts", lambda: forget_old_counts(database), SECONDS_BETWEEN_CLEANINGS),
        DueWork("old answers", lambda: forget_old_answers(database), SECONDS_BETWEEN_CLEANINGS),
        DueWork("old quarantine", lambda: quarantine.forget(database), SECONDS_BETWEEN_CLEANINGS),
    ]
