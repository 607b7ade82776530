"""The due work of collections: asking payers for money, and asking providers how that stands (design decision 7).

A request is claimed and committed, then handed to its provider under our own reference, then recorded. A process that
dies in between leaves a request that its provider is asked about, and that is never sent again unasked. The provider
that got the request is asked about it as it was made; while that provider is not loaded, nobody knows how it stands.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self
from uuid import UUID

import msgspec
import structlog

from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.places import Places, Turns
from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.database.quarantine import Failure
from bitpesa.kernel.database.statements import Connection
from bitpesa.kernel.values.money import Money
from bitpesa.payments.collections import operations as collections
from bitpesa.payments.collections.model import ClaimedRequest, ClaimedRequests, PayinMethod, PayinMethodState
from bitpesa.payments.transactions import store
from bitpesa.payments.transactions.operations import collect
from bitpesa.payments.transactions.operations.collect import CollectingTerms
from bitpesa.rails.providers.collecting import CollectingProvider, CollectionOrder, CollectionOutcome
from bitpesa.rails.providers.port import NotStarted, Unknown
from bitpesa.rails.providers.registry import NOBODY, Providers
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import Environment

log = structlog.get_logger()


class CollectingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How collections are made. `lease` must be longer than a provider may take to answer."""

    sandbox_terms: CollectingTerms
    live_terms: CollectingTerms
    concurrent: int = 64
    lease: timedelta = timedelta(seconds=60)
    provider_seconds: float = 30


class Cashier:
    """Asks payers for the money that is due, and their providers how it stands: many at a time, each on its own."""

    def __init__(self, database: Database, providers: Providers, settings: CollectingSettings) -> None:
        self._database = database
        self._providers = providers
        self._settings = settings
        self._environments: dict[UUID, Environment] = {}
        self._places = Places(settings.concurrent)
        self._turns = {topic: Turns() for topic in (collections.TOPIC_STARTS, collections.TOPIC_QUESTIONS)}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what was handed over, as long as a provider may take; what is left is asked about later."""
        await self._places.close(self._settings.provider_seconds)

    async def start(self) -> int:
        """Claim payin methods whose payer is to be asked, and hand them to their providers; answers how many."""
        return await self._claim(collections.TOPIC_STARTS, collections.claim_starts, asked=False)

    async def ask(self) -> int:
        """Claim payin methods that providers have, and ask how they stand; answers how many."""
        return await self._claim(collections.TOPIC_QUESTIONS, collections.claim_questions, asked=True)

    async def finish(self) -> None:
        """Wait until everything that was claimed is recorded."""
        await self._places.finish()

    async def _claim(self, topic: str, claim: Callable[..., Awaitable[ClaimedRequests]], *, asked: bool) -> int:
        await self._places.wait_until_free()
        turns = self._turns[topic]
        claimed = await quarantine.claim(
            self._database,
            topic,
            claim,
            self._request_of,
            free=self._places.room(turns),
            lease=self._settings.lease,
        )
        turns.served({each.method.app_id for each in claimed.ready} | {method.app_id for method, _ in claimed.failed})
        for each in {topic, collections.TOPIC_QUESTIONS}:
            await quarantine.put(self._database, each, [_failure(*failed) for failed in claimed.failed])
        for request in claimed.ready:
            self._places.start(
                request.method.app_id, self._do(request, asked=asked), partial(self._end, request.method)
            )
        return len(claimed.ready)

    async def _do(self, claimed: ClaimedRequest, *, asked: bool) -> None:
        """Work on what was claimed. What fails is counted, so that it does not fail for ever.

        Where not even that it failed can be recorded, the row is put in quarantine.
        """
        try:
            await self._one(claimed, asked=asked)
        except UNREACHABLE:
            raise
        except Exception:
            try:
                await self._database.run(collect.record_fault, claimed.method)
            except UNREACHABLE:
                raise
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
                failure = _failure(claimed.method, problem)
                await quarantine.put(self._database, collections.TOPIC_QUESTIONS, [failure])
            raise

    def _end(self, method: PayinMethod, done: "asyncio.Task[None]") -> None:
        problem = None if done.cancelled() else done.exception()
        if isinstance(problem, UNREACHABLE):
            log.warning("collections.database_unreachable", problem=repr(problem))
        elif problem is not None:
            log.error(
                "collections.request_failed",
                app_id=str(method.app_id),
                payin_method_id=str(method.id),
                exc_info=problem,
            )

    async def _one(self, claimed: ClaimedRequest, *, asked: bool) -> None:
        async with self._database.reading() as conn:
            environment = await self._environment(conn, claimed.method.app_id)
        provider = self._providers.collecting_called(claimed.provider, environment)
        outcome = await self._in_time(_call(provider, claimed, asked=asked))
        terms = self._settings.sandbox_terms if environment == "sandbox" else self._settings.live_terms
        await self._database.run(collect.record_answer, claimed.method, outcome, terms=terms, asked=asked)

    async def _request_of(self, conn: Connection, method: PayinMethod) -> tuple[str, CollectionOrder]:
        """Who is to collect by a payin method as it is configured now, and what of."""
        provider = self._providers.for_payin(method.type, await self._environment(conn, method.app_id))
        (transaction,) = await store.find_many(conn, method.app_id, [method.transaction_id])
        amount = Money(transaction.input_minor, transaction.input_currency)
        order = collections.order_of(method, amount, transaction.payin_reference)
        return NOBODY if provider is None else provider.name, order

    async def _environment(self, conn: Connection, app_id: UUID) -> Environment:
        """The environment of an app, which never changes."""
        if app_id not in self._environments:
            self._environments[app_id] = await organisations.environment_of(conn, app_id) or "live"
        return self._environments[app_id]

    async def _in_time(self, call: Awaitable[CollectionOutcome]) -> CollectionOutcome:
        """Wait for an answer as long as a provider may take; after that it is asked for."""
        try:
            async with asyncio.timeout(self._settings.provider_seconds):
                return await call
        except TimeoutError:
            return Unknown("no answer in time")


async def _call(provider: CollectingProvider | None, claimed: ClaimedRequest, *, asked: bool) -> CollectionOutcome:
    if provider is None and (not asked or (claimed.is_recorded and claimed.provider == NOBODY)):
        return NotStarted()  # it was handed to nobody
    if provider is None:
        return Unknown(f"its provider is not loaded: {claimed.provider}")
    if not asked:
        return await provider.start(claimed.order)
    if claimed.method.state is PayinMethodState.CANCELED:
        return await provider.stop(claimed.order)
    return await provider.ask(claimed.order)


def _failure(method: PayinMethod, problem: Exception) -> Failure:
    return Failure(str(method.id), method.app_id, problem)
