"""The due work of transactions: paying out, asking about payouts, expiring, refunding (design decisions 7 and 8).

A payout is claimed and committed, then handed to its provider under our own reference, then recorded. A process that
dies in between leaves an attempt that nobody answers for; when its lease ends its provider is asked what became of it,
and it is never sent again unasked. The provider that got the attempt is asked about the order that it got: neither
another configuration nor an edited recipient changes that. While that provider is not loaded, the outcome is unknown.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self, assert_never
from uuid import UUID

import msgspec
import structlog

from bitpesa.kernel import clock
from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.due_work import do_each, failure_of_pair
from bitpesa.kernel.database.places import Places, Turns
from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.database.quarantine import Failure
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.observability.metrics import counter
from bitpesa.payments.recipients import account_checks
from bitpesa.payments.recipients import operations as recipient_operations
from bitpesa.payments.recipients import queries as recipients
from bitpesa.payments.recipients import rules as recipient_rules
from bitpesa.payments.recipients.account_checks import Check
from bitpesa.payments.recipients.model import ClaimedPayout, Recipient
from bitpesa.payments.recipients.operations import TOPIC_ATTEMPTS, TOPIC_QUESTIONS
from bitpesa.payments.recipients.rules import RetryPolicy
from bitpesa.payments.transactions import store
from bitpesa.payments.transactions.operations import expiry, pay_out
from bitpesa.payments.transactions.operations.mandates import may_need_mandate, require_mandate
from bitpesa.rails.providers.codes import code
from bitpesa.rails.providers.port import AccountFacts, Answered, NotStarted, Outcome, Provider, Unknown
from bitpesa.rails.providers.registry import NOBODY, Providers
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import Environment

TOPIC_EXPIRY = "expiry"
TOPIC_REFUNDS = "refunds"

AT_A_TIME = 50

log = structlog.get_logger()

PAYOUTS = counter("payout_answers", "What providers said of payouts, by what it means.", "outcome")


class PayoutSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How payouts are made. `lease` must be longer than a provider may take to answer."""

    sandbox_policy: RetryPolicy
    live_policy: RetryPolicy
    concurrent: int = 64
    lease: timedelta = timedelta(seconds=60)
    provider_seconds: float = 30


async def expire_transactions(database: Database, turns: Turns | None = None) -> int:
    """Cancel transactions whose time to be funded is over, in turns between apps; answers how many."""
    turns = turns or Turns()
    async with database.reading() as conn:
        due = await store.expired(conn, turns.free(AT_A_TIME))
    turns.served([app_id for app_id, _ in due])
    return await do_each(
        database, TOPIC_EXPIRY, due, lambda row: database.run(expiry.expire, *row), failure=failure_of_pair
    )


async def refund_payouts(database: Database, turns: Turns | None = None) -> int:
    """Refund payouts that did not happen in 24 hours, in turns between apps; answers for how many transactions."""
    turns = turns or Turns()
    async with database.reading() as conn:
        due = await recipients.due_refunds(conn, turns.free(AT_A_TIME))
    turns.served([app_id for app_id, _ in due])
    return await do_each(
        database, TOPIC_REFUNDS, due, lambda row: database.run(expiry.refund_overdue, *row), failure=failure_of_pair
    )


class Payer:
    """Makes payouts that are due, and asks about those that providers have: many at a time, each on its own."""

    def __init__(self, database: Database, providers: Providers, settings: PayoutSettings) -> None:
        self._database = database
        self._providers = providers
        self._environments: dict[UUID, Environment] = {}
        self._settings = settings
        self._places = Places(settings.concurrent)
        self._turns = {topic: Turns() for topic in (TOPIC_ATTEMPTS, TOPIC_QUESTIONS)}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what was handed over, as long as a provider may take; what is left is asked about later."""
        await self._places.close(self._settings.provider_seconds)

    async def make_attempts(self) -> int:
        """Claim payouts that are due and hand them to their providers; answers how many were claimed."""
        await self._places.wait_until_free()
        turns = self._turns[TOPIC_ATTEMPTS]
        claimed = await quarantine.claim(
            self._database,
            TOPIC_ATTEMPTS,
            recipient_operations.claim_attempts,
            self._provider_of,
            free=self._places.room(turns),
            lease=self._settings.lease,
        )
        turns.served({each.order.app_id for each in claimed})
        checked = await self._to_be_checked(claimed)
        self._start(
            TOPIC_ATTEMPTS,
            claimed,
            lambda each: self._attempt(each, checks_account=each.recipient.transaction_id in checked),
        )
        return len(claimed)

    async def ask(self) -> int:
        """Claim payouts that providers have and ask what became of them; answers how many were claimed."""
        await self._places.wait_until_free()
        turns = self._turns[TOPIC_QUESTIONS]
        claimed = await quarantine.claim(
            self._database,
            TOPIC_QUESTIONS,
            recipient_operations.claim_questions,
            free=self._places.room(turns),
            lease=self._settings.lease,
        )
        turns.served({each.order.app_id for each in claimed})
        self._start(TOPIC_QUESTIONS, claimed, self._question)
        return len(claimed)

    async def finish(self) -> None:
        """Wait until everything that was claimed is recorded."""
        await self._places.finish()

    def _start(
        self, topic: str, claimed: Sequence[ClaimedPayout], work: Callable[[ClaimedPayout], Awaitable[None]]
    ) -> None:
        for each in claimed:
            recipient = each.recipient
            self._places.start(recipient.app_id, self._do(topic, work, each), partial(self._end, recipient))

    async def _do(self, topic: str, work: Callable[[ClaimedPayout], Awaitable[None]], claimed: ClaimedPayout) -> None:
        """Work on what was claimed. Whatever fails, it keeps its attempt and is asked about when the lease ends.

        Where not even that it failed can be recorded, the row is put in quarantine.
        """
        try:
            await work(claimed)
        except UNREACHABLE:
            raise
        except Exception:
            recipient = claimed.recipient
            try:
                await self._database.run(pay_out.record_fault, recipient, policy=self._policy(recipient))
            except UNREACHABLE:
                raise
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
                await self._put_aside(topic, recipient, problem)
            raise

    async def _put_aside(self, topic: str, claimed: Recipient, problem: Exception) -> None:
        """Leave a payout alone for a while: it is claimed neither to be attempted nor to be asked about."""
        for each in {topic, TOPIC_QUESTIONS}:
            await quarantine.put(self._database, each, [Failure(str(claimed.id), claimed.app_id, problem)])

    def _end(self, recipient: Recipient, done: "asyncio.Task[None]") -> None:
        problem = None if done.cancelled() else done.exception()
        if isinstance(problem, UNREACHABLE):
            log.warning("payouts.database_unreachable", problem=repr(problem))
        elif problem is not None:
            log.error(
                "payouts.attempt_failed",
                app_id=str(recipient.app_id),
                transaction_id=str(recipient.transaction_id),
                recipient_id=str(recipient.id),
                exc_info=problem,
            )

    async def _attempt(self, claimed: ClaimedPayout, *, checks_account: bool) -> None:
        recipient = claimed.recipient
        if may_need_mandate(recipient):
            signed = await self._database.run(require_mandate, recipient)
            if signed is None:
                return
            recipient = signed
        check = account_checks.check_needed(recipient)
        if check is not None and checks_account:
            checked = await self._check_account(claimed, recipient, check)
            if checked is None:
                return
            recipient = checked
        await self._record(recipient, await self._submit(claimed), asked=False)

    async def _question(self, claimed: ClaimedPayout) -> None:
        recipient = claimed.recipient
        async with self._database.reading() as conn:
            await self._environment(conn, recipient.app_id)
            now = await clock.now(conn, recipient.app_id)
        await self._record(recipient, await self._ask(claimed, now), asked=True)

    async def _to_be_checked(self, claimed: Sequence[ClaimedPayout]) -> set[UUID]:
        """The transactions whose accounts are to be checked before they are paid."""
        recipients = [each.recipient for each in claimed]
        asked = {(each.app_id, each.transaction_id) for each in recipients if account_checks.check_needed(each)}
        if not asked:
            return set()
        async with self._database.reading() as conn:
            return await store.wanting_account_check(conn, list(asked))

    async def _provider_of(self, conn: Connection, recipient: Recipient) -> str:
        """Who is to pay a recipient, as it is configured now."""
        environment = await self._environment(conn, recipient.app_id)
        provider = self._providers.for_payout(recipient.payout_type, environment)
        return NOBODY if provider is None else provider.name

    async def _environment(self, conn: Connection, app_id: UUID) -> Environment:
        """The environment of an app, which never changes."""
        if app_id not in self._environments:
            self._environments[app_id] = await organisations.environment_of(conn, app_id) or "live"
        return self._environments[app_id]

    def _policy(self, recipient: Recipient) -> RetryPolicy:
        is_sandbox = self._environments[recipient.app_id] == "sandbox"
        return self._settings.sandbox_policy if is_sandbox else self._settings.live_policy

    def _provider(self, claimed: ClaimedPayout) -> Provider | None:
        """Who got the attempt; None while it is not loaded."""
        return self._providers.called(claimed.provider, self._environments[claimed.order.app_id])

    async def _check_account(self, claimed: ClaimedPayout, recipient: Recipient, check: Check) -> Recipient | None:
        facts = await self._look_up(claimed)
        finding = account_checks.judge_account(recipient, check, facts)
        return await self._database.run(
            pay_out.record_account_check, recipient, finding, policy=self._policy(recipient)
        )

    async def _record(self, recipient: Recipient, outcome: Outcome, *, asked: bool) -> None:
        await self._database.run_on_sheet(
            recipient.app_id,
            pay_out.record_outcome,
            recipient,
            outcome,
            policy=self._policy(recipient),
            asked=asked,
        )
        PAYOUTS.labels(_meaning(outcome)).inc()

    async def _submit(self, claimed: ClaimedPayout) -> Outcome:
        if recipient_operations.method_of(claimed.order.payout_type) == "balance":
            return Answered(recipient_rules.PAID_CODE)  # the balance is ours to credit
        provider = self._provider(claimed)
        if provider is None:
            return NotStarted()  # it never left us
        return await self._in_time(provider.submit(claimed.order))

    async def _ask(self, claimed: ClaimedPayout, now: datetime) -> Outcome:
        method = recipient_operations.method_of(claimed.order.payout_type)
        if method == "balance":
            return Answered(recipient_rules.PAID_CODE)
        if claimed.provider == NOBODY:
            return NotStarted()  # it was handed to nobody
        provider = self._provider(claimed)
        if provider is None:
            return Unknown(f"its provider is not loaded: {claimed.provider}")
        recipient = claimed.recipient
        if recipient_rules.wants_revocation(recipient, method=method, now=now, policy=self._policy(recipient)):
            return await self._in_time(provider.revoke(claimed.order))
        return await self._in_time(provider.ask(claimed.order))

    async def _look_up(self, claimed: ClaimedPayout) -> AccountFacts:
        provider = self._provider(claimed)
        if provider is None:
            return AccountFacts(reachable=False)
        try:
            async with asyncio.timeout(self._settings.provider_seconds):
                return await provider.look_up_account(claimed.order)
        except TimeoutError:
            return AccountFacts(reachable=False)

    async def _in_time(self, call: Awaitable[Outcome]) -> Outcome:
        """Wait for an answer as long as a provider may take; after that it is asked about."""
        try:
            async with asyncio.timeout(self._settings.provider_seconds):
                return await call
        except TimeoutError:
            return Unknown("no answer in time")


def _meaning(outcome: Outcome) -> str:
    match outcome:
        case Answered():
            return code(outcome.code).category.value
        case NotStarted():
            return "not_started"
        case Unknown():
            return "unknown"
        case _:
            assert_never(outcome)
