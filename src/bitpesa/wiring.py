"""Putting the parts of a deployment together: the only file that names concrete providers and stores."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import msgspec

from bitpesa.api_support.api_logs.buffer import Journal
from bitpesa.api_support.soft_limits.counter import Counter
from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.passwords import Passwords
from bitpesa.kernel.database.background import Background
from bitpesa.kernel.database.notifications import Wakeups
from bitpesa.kernel.database.pool import Database, open_database
from bitpesa.kernel.observability.instrumentation import NOBODY, Watching
from bitpesa.kernel.outbound.http_client import OutboundHttp
from bitpesa.money.rates.operations import RateTerms
from bitpesa.payments.collections.model import Watch
from bitpesa.payments.documents.blob_store import shelf_in_bucket, shelf_on_disk
from bitpesa.payments.documents.links import Links
from bitpesa.payments.documents.upload_intake import Files
from bitpesa.payments.recipients.rules import RetryPolicy
from bitpesa.payments.screening.index import Thresholds
from bitpesa.payments.transactions.operations.collect import CollectingTerms
from bitpesa.payments.transactions.workers.collections import CollectingSettings
from bitpesa.payments.transactions.workers.payouts import PayoutSettings
from bitpesa.rails.providers import codes
from bitpesa.rails.providers.collecting_simulator.collector import SimulatedCollector
from bitpesa.rails.providers.registry import Providers, load_providers
from bitpesa.rails.providers.simulator.bank import Simulator
from bitpesa.settings import Settings
from bitpesa.tenants.mail.transports.mailbox import Mailbox, Nobody
from bitpesa.tenants.mail.transports.port import Mailer
from bitpesa.tenants.mail.transports.smtp import Smtp, SmtpSettings
from bitpesa.tenants.organisations.key_cache import KeyRing
from bitpesa.tenants.organisations.model import Environment
from bitpesa.webhooks.model import DeliverySettings

PAYERS_PAGES = "/pay/"
"""Where the payers of the simulated collecting provider confirm, up to the token of their page."""


class Platform(msgspec.Struct, frozen=True):
    """The parts of a running deployment, as edges use them."""

    settings: Settings
    database: Database
    vault: Vault
    keys: KeyRing
    providers: Providers
    http: OutboundHttp
    journal: Journal
    counter: Counter
    files: Files
    mailer: Mailer
    passwords: Passwords


@asynccontextmanager
async def open_platform(settings: Settings, watching: Watching = NOBODY) -> AsyncIterator[Platform]:
    """Open everything a process needs, and close it at the end."""
    vault = Vault(settings.master_keys)
    async with (
        open_database(
            settings.database_url,
            wakeups=Wakeups(),
            connections=settings.database_connections,
            on_statement=watching.on_statement,
        ) as database,
        OutboundHttp(watched_by=watching.outbound) as http,
    ):
        simulator = Simulator(database, default_outcome=settings.sandbox_default_outcome)
        collector = SimulatedCollector(database, pages=f"{settings.sandbox_origins[0]}{PAYERS_PAGES}")
        journal, counter = Journal(database), Counter(database)
        async with Background("api logs", journal.write), Background("call counts", counter.write):
            with codes.spelled(settings.category_spelling):
                yield Platform(
                    settings,
                    database,
                    vault,
                    KeyRing(vault),
                    load_providers(simulator, collecting_simulator=collector),
                    http,
                    journal,
                    counter,
                    document_files(settings),
                    mailer_of(settings, database),
                    Passwords(),
                )


def mailer_of(settings: Settings, database: Database) -> Mailer:
    """Who takes this deployment's mail."""
    if settings.smtp_host is not None:
        return Smtp(
            SmtpSettings(
                host=settings.smtp_host,
                port=settings.smtp_port,
                security=settings.smtp_security,
                user=settings.smtp_user,
                password=settings.smtp_password,
                sender=settings.mail_from,
            )
        )
    return Mailbox(database) if settings.shows_mail else Nobody()


def mail_delays(settings: Settings) -> tuple[timedelta, ...]:
    """How long a mail waits before each further try."""
    return _durations(settings.mail_retry_delays_seconds)


def document_files(settings: Settings) -> Files:
    """Where this deployment keeps the files of documents, and how it shows them."""
    if settings.documents_bucket:
        shelf = shelf_in_bucket(
            settings.documents_bucket, endpoint=settings.documents_endpoint, region=settings.documents_region
        )
    else:
        shelf = shelf_on_disk(Path(settings.documents_directory))
    return Files(
        shelf=shelf,
        links=document_links(settings),
        largest_bytes=settings.document_max_bytes,
        fetch_seconds=settings.document_fetch_timeout_seconds,
        allow_private_in_sandbox=settings.allow_private_webhooks,
    )


def document_links(settings: Settings) -> Links:
    """The links to documents, which begin with the first origin of their environment."""
    environments: tuple[Environment, ...] = ("sandbox", "live")
    origins = {each: next(iter(settings.origins(each)), "") for each in environments}
    return Links(settings.master_keys, origins, timedelta(seconds=settings.document_link_seconds))


def delivery_settings(settings: Settings) -> DeliverySettings:
    """How webhooks are delivered in this deployment."""
    return DeliverySettings(
        connect_seconds=settings.webhook_connect_timeout_seconds,
        total_seconds=settings.webhook_timeout_seconds,
        delays=_durations(settings.webhook_retry_delays_seconds),
        delay_spread=settings.webhook_retry_spread,
        longest_retry_after=timedelta(seconds=settings.webhook_longest_retry_after_seconds),
        timeouts_until_disabled=settings.webhook_timeouts_until_disabled,
        allow_private_in_sandbox=settings.allow_private_webhooks,
        links=document_links(settings),
    )


def screening_thresholds(settings: Settings) -> Thresholds:
    """From which likeness on senders are kept for the operator, and rejected."""
    return Thresholds(hit=settings.screening_hit_score, reject=settings.screening_reject_score)


def rate_terms(settings: Settings) -> RateTerms:
    """How far one person may move a rate in this deployment, and who counts as a second one."""
    return RateTerms(Fraction(str(settings.second_person_rate_move)), second_person_after(settings))


def second_person_after(settings: Settings) -> timedelta:
    """How long one of staff is no second person after somebody created, re-opened or reset the account."""
    return timedelta(seconds=settings.second_person_after_seconds)


def payout_settings(settings: Settings) -> PayoutSettings:
    """How payouts are made in this deployment."""
    live = retry_policy(settings, speedup=1)
    return PayoutSettings(sandbox_policy=retry_policy(settings, speedup=settings.sandbox_speedup), live_policy=live)


def collecting_settings(settings: Settings) -> CollectingSettings:
    """How collections are made in this deployment."""
    sandbox = collecting_terms(settings, speedup=settings.sandbox_speedup)
    return CollectingSettings(sandbox_terms=sandbox, live_terms=collecting_terms(settings, speedup=1))


def collecting_terms(settings: Settings, *, speedup: int) -> CollectingTerms:
    """What collected money is judged by; the sandbox is faster."""
    watch = Watch(
        often=timedelta(seconds=settings.pending_poll_seconds),
        seldom=timedelta(seconds=settings.pending_poll_later_seconds),
        after_closing=_durations(settings.late_money_checks_seconds),
        speedup=speedup,
    )
    return CollectingTerms(watch, settings.rounding_policy)


def policy_of(settings: Settings, environment: Environment) -> RetryPolicy:
    """How patiently the payouts of an environment are retried."""
    return retry_policy(settings, speedup=settings.sandbox_speedup if environment == "sandbox" else 1)


def retry_policy(settings: Settings, *, speedup: int) -> RetryPolicy:
    """How patiently payouts are retried and asked about; the sandbox is faster (flows 8.2)."""
    return RetryPolicy(
        temporary_error_delays=_durations(settings.temporary_error_delays_seconds),
        recipient_error_delays=_durations(settings.recipient_error_delays_seconds),
        suspected_duplicate_delay=timedelta(seconds=settings.code_34_delay_seconds),
        attempt_limit=settings.attempt_limit,
        fault_limit=settings.payout_fault_limit,
        ask_often=timedelta(seconds=settings.pending_poll_seconds),
        ask_often_for=timedelta(seconds=settings.pending_poll_eager_for_seconds),
        ask_seldom=timedelta(seconds=settings.pending_poll_later_seconds),
        pending_limit_mobile=timedelta(seconds=settings.pending_limit_mobile_seconds),
        pending_limit_bank=timedelta(seconds=settings.pending_limit_bank_seconds),
        pickup_limit=timedelta(seconds=settings.cash_pickup_limit_seconds),
        speedup=speedup,
    )


def _durations(seconds: Sequence[float]) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=each) for each in seconds)
