"""The due work of transactions: paying out, asking about payouts, expiring, refunding (design decisions 7 and 8).

A payout is claimed and committed, then handed to its provider under our own reference, then recorded. A process that
dies in between leaves an attempt that nobody answers for; when its lease ends the provider is asked what became of it,
and it is never sent again unasked.
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

from bitpesa.kernel import clock, quarantine
from bitpesa.kernel.database import UNREACHABLE, Database
from bitpesa.kernel.due_work import do_each, failure_of_pair
from bitpesa.kernel.figures import counter
from bitpesa.kernel.places import Places, Turns
from bitpesa.kernel.quarantine import Failure
from bitpesa.kernel.statements import Connection
from bitpesa.organisations import queries as organisations
from bitpesa.organisations.model import Environment
from bitpesa.providers.codes import code
from bitpesa.providers.port import AccountFacts, Answered, NotStarted, Outcome, Provider, Unknown
from bitpesa.providers.registry import Providers
from bitpesa.recipients import account_checks
from bitpesa.recipients import operations as recipient_operations
from bitpesa.recipients import queries as recipients
from bitpesa.recipients import rules as recipient_rules
from bitpesa.recipients.account_checks import Check
from bitpesa.recipients.model import Recipient
from bitpesa.recipients.operations import TOPIC_ATTEMPTS, TOPIC_QUESTIONS
from bitpesa.recipients.rules import RetryPolicy
from bitpesa.transactions import store
from bitpesa.transactions.operations import end, pay_out
from bitpesa.transactions.operations.mandates import may_need_mandate, require_mandate

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


class Route(msgspec.Struct, frozen=True):
    """The way a recipient is paid: its provider (None: there is none), and how patiently."""

    provider: Provider | None
    policy: RetryPolicy


async def expire_transactions(database: Database, turns: Turns | None = None) -> int:
    """Cancel transactions whose time to be funded is over, in turns between apps; answers how many."""
    turns = turns or Turns()
    async with database.reading() as conn:
        due = await store.expired(conn, turns.free(AT_A_TIME))
    turns.served([app_id for app_id, _ in due])
    return await do_each(
        database, TOPIC_EXPIRY, due, lambda row: database.run(end.expire, *row), failure=failure_of_pair
    )


async def refund_payouts(database: Database, turns: Turns | None = None) -> int:
    """Refund payouts that did not happen in 24 hours, in turns between apps; answers for how many transactions."""
    turns = turns or Turns()
    async with database.reading() as conn:
        due = await recipients.due_refunds(conn, turns.free(AT_A_TIME))
    turns.served([app_id for app_id, _ in due])
    return await do_each(
        database, TOPIC_REFUNDS, due, lambda row: database.run(end.refund_overdue, *row), failure=failure_of_pair
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
        turns.served({each.app_id for each in claimed})
        checked = await self._to_be_checked(claimed)
        self._start(
            TOPIC_ATTEMPTS, claimed, lambda each: self._attempt(each, checks_account=each.transaction_id in checked)
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
        turns.served({each.app_id for each in claimed})
        self._start(TOPIC_QUESTIONS, claimed, self._question)
        return len(claimed)

    async def finish(self) -> None:
        """Wait until everything that was claimed is recorded."""
        await self._places.finish()

    def _start(self, topic: str, claimed: Sequence[Recipient], work: Callable[[Recipient], Awaitable[None]]) -> None:
        for recipient in claimed:
            self._places.start(recipient.app_id, self._do(topic, work, recipient), partial(self._end, recipient))

    async def _do(self, topic: str, work: Callable[[Recipient], Awaitable[None]], claimed: Recipient) -> None:
        """Work on what was claimed. Whatever fails, it keeps its attempt and is asked about when the lease ends.

        Where not even that it failed can be recorded, the row is put in quarantine.
        """
        try:
            await work(claimed)
        except UNREACHABLE:
            raise
        except Exception:
            try:
                await self._database.run(pay_out.record_fault, claimed, policy=self._route(claimed).policy)
            except UNREACHABLE:
                raise
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
                await self._put_aside(topic, claimed, problem)
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

    async def _attempt(self, claimed: Recipient, *, checks_account: bool) -> None:
        route = self._route(claimed)
        if may_need_mandate(claimed):
            signed = await self._database.run(require_mandate, claimed)
            if signed is None:
                return
            claimed = signed
        check = account_checks.check_needed(claimed)
        if check is not None and checks_account:
            checked = await self._check_account(claimed, check, route)
            if checked is None:
                return
            claimed = checked
        await self._record(claimed, await self._submit(claimed, route), route, asked=False)

    async def _question(self, claimed: Recipient) -> None:
        async with self._database.reading() as conn:
            await self._environment(conn, claimed.app_id)
            now = await clock.now(conn, claimed.app_id)
        route = self._route(claimed)
        await self._record(claimed, await self._ask(claimed, route, now), route, asked=True)

    async def _to_be_checked(self, claimed: Sequence[Recipient]) -> set[UUID]:
        """The transactions whose accounts are to be checked before they are paid."""
        asked = {(each.app_id, each.transaction_id) for each in claimed if account_checks.check_needed(each)}
        if not asked:
            return set()
        async with self._database.reading() as conn:
            return await store.wanting_account_check(conn, list(asked))

    async def _provider_of(self, conn: Connection, recipient: Recipient) -> str:
        await self._environment(conn, recipient.app_id)
        provider = self._route(recipient).provider
        return "none" if provider is None else provider.name

    async def _environment(self, conn: Connection, app_id: UUID) -> Environment:
        """The environment of an app, which never changes."""
        if app_id not in self._environments:
            self._environments[app_id] = await organisations.environment_of(conn, app_id) or "live"
        return self._environments[app_id]

    def _route(self, recipient: Recipient) -> Route:
        environment = self._environments[recipient.app_id]
        policy = self._settings.sandbox_policy if environment == "sandbox" else self._settings.live_policy
        return Route(self._providers.for_payout(recipient.payout_type, environment), policy)

    async def _check_account(self, claimed: Recipient, check: Check, route: Route) -> Recipient | None:
        facts = await self._look_up(claimed, route)
        finding = account_checks.judge_account(claimed, check, facts)
        return await self._database.run(pay_out.record_account_check, claimed, finding, policy=route.policy)

    async def _record(self, claimed: Recipient, outcome: Outcome, route: Route, *, asked: bool) -> None:
        await self._database.run_on_sheet(
            claimed.app_id, pay_out.record_outcome, claimed, outcome, policy=route.policy, asked=asked
        )
        PAYOUTS.labels(_meaning(outcome)).inc()

    async def _submit(self, claimed: Recipient, route: Route) -> Outcome:
        if recipient_operations.method_of(claimed.payout_type) == "balance":
            return Answered(recipient_rules.PAID_CODE)  # the balance is ours to credit
        if route.provider is None:
            return NotStarted()
        return await self._in_time(route.provider.submit(recipient_operations.order_of(claimed)))

    async def _ask(self, claimed: Recipient, route: Route, now: datetime) -> Outcome:
        method = recipient_operations.method_of(claimed.payout_type)
        if method == "balance":
            return Answered(recipient_rules.PAID_CODE)
        if route.provider is None:
            return NotStarted()
        order = recipient_operations.order_of(claimed)
        if recipient_rules.wants_revocation(claimed, method=method, now=now, policy=route.policy):
            return await self._in_time(route.provider.revoke(order))
        return await self._in_time(route.provider.ask(order))

    async def _look_up(self, claimed: Recipient, route: Route) -> AccountFacts:
        if route.provider is None:
            return AccountFacts(reachable=False)
        try:
            async with asyncio.timeout(self._settings.provider_seconds):
                return await route.provider.look_up_account(recipient_operations.order_of(claimed))
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
