"""The loops of a worker: which kind of due work wakes on what, and what it runs (design decision 8).

Several workers may run at once: claims are conditional, so each row is done by one of them.
"""

import asyncio
from datetime import timedelta

import structlog

from bitpesa.api_logs.due import forget_old_calls
from bitpesa.collections import operations as collections
from bitpesa.documents import operations as documents
from bitpesa.documents.due import fetch_files, sweep_files
from bitpesa.idempotency.due import forget_old_answers
from bitpesa.kernel import events
from bitpesa.kernel.due_work import DueWork, keep_doing
from bitpesa.mail import due as mail
from bitpesa.organisations.due import forget_useless_nonces
from bitpesa.people.due import forget_old_sessions
from bitpesa.recipients import operations as recipients
from bitpesa.reports import due as reports
from bitpesa.screening.lookups import Lookups
from bitpesa.senders import operations as senders
from bitpesa.soft_limits.due import forget_old_counts
from bitpesa.transactions import due as transactions
from bitpesa.transactions.collecting import Cashier
from bitpesa.transactions.due import Payer, expire_transactions, refund_payouts
from bitpesa.transactions.screening import Screener
from bitpesa.webhooks import operations as webhooks
from bitpesa.webhooks.courier import Courier
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
    async with (
        Payer(database, platform.providers, payout_settings(platform.settings)) as payer,
        Courier(database, platform.http, platform.keys.to_sign_with, delivery_settings(platform.settings)) as courier,
        Lookups(database, screening_thresholds(platform.settings)) as lookups,
        asyncio.TaskGroup() as loops,
    ):
        for work in all_due_work(platform, payer, courier, lookups):
            loops.create_task(keep_doing(work, database.wakeups), name=f"due work: {work.topic}")
        if not alone:
            loops.create_task(database.wakeups.bridge(platform.settings.database_url), name="wake-ups")
        log.info("worker.started")


def all_due_work(platform: Platform, payer: Payer, courier: Courier, lookups: Lookups | None = None) -> list[DueWork]:
    """Everything that can be due, each with the topic that wakes it."""
    database = platform.database
    screener = Screener(database, lookups or Lookups(database, screening_thresholds(platform.settings)))
    cashier = Cashier(database, platform.providers, collecting_settings(platform.settings))
    delays = mail_delays(platform.settings)
    return [
        DueWork(collections.TOPIC_STARTS, cashier.start),
        DueWork(collections.TOPIC_QUESTIONS, cashier.ask),
        DueWork(recipients.TOPIC_ATTEMPTS, payer.make_attempts),
        DueWork(recipients.TOPIC_QUESTIONS, payer.ask),
        DueWork(senders.TOPIC_SCREENING, screener.screen),
        DueWork(recipients.TOPIC_SCREENING, screener.screen_recipients),
        DueWork(transactions.TOPIC_EXPIRY, lambda: expire_transactions(database)),
        DueWork(transactions.TOPIC_REFUNDS, lambda: refund_payouts(database)),
        DueWork(events.TOPIC, courier.tell),
        DueWork(webhooks.TOPIC, courier.deliver),
        DueWork(documents.TOPIC, lambda: fetch_files(database, platform.http, platform.files)),
        DueWork("unclaimed files", lambda: sweep_files(database, platform.files), SECONDS_BETWEEN_CLEANINGS),
        DueWork(reports.TOPIC, lambda: reports.make_due_reports(database), reports.SECONDS_BETWEEN_LOOKS),
        DueWork(mail.TOPIC, lambda: mail.send_due_mail(database, platform.mailer, platform.vault, delays)),
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
    ]
