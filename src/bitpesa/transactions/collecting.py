"""The due work of collections: asking payers for money, and asking providers how that stands (design decision 7).

A request is claimed and committed, then handed to its provider under our own reference, then recorded. A process that
dies in between leaves a request that its provider is asked about, and that is never sent again unasked.
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

from bitpesa.collections import operations as collections
from bitpesa.collections.model import PayinMethod, PayinMethodState
from bitpesa.kernel import quarantine
from bitpesa.kernel.database import UNREACHABLE, Database
from bitpesa.kernel.money import Money
from bitpesa.kernel.places import Places, Turns
from bitpesa.kernel.quarantine import Failure
from bitpesa.organisations import queries as organisations
from bitpesa.organisations.model import Environment
from bitpesa.providers.collecting import CollectingProvider, CollectionOrder, CollectionOutcome
from bitpesa.providers.port import NotStarted, Unknown
from bitpesa.providers.registry import Providers
from bitpesa.transactions import store
from bitpesa.transactions.operations import collect
from bitpesa.transactions.operations.collect import CollectingTerms

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

    async def _claim(self, topic: str, claim: Callable[..., Awaitable[list[PayinMethod]]], *, asked: bool) -> int:
        await self._places.wait_until_free()
        turns = self._turns[topic]
        claimed = await quarantine.claim(
            self._database, topic, claim, free=self._places.room(turns), lease=self._settings.lease
        )
        turns.served({each.app_id for each in claimed})
        for method in claimed:
            self._places.start(method.app_id, self._do(method, asked=asked), partial(self._end, method))
        return len(claimed)

    async def _do(self, claimed: PayinMethod, *, asked: bool) -> None:
        """Work on what was claimed. Whatever fails keeps its attempt, and is asked about when its quarantine ends."""
        try:
            await self._one(claimed, asked=asked)
        except UNREACHABLE:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is this row's alone
            failure = Failure(str(claimed.id), claimed.app_id, problem)
            await quarantine.put(self._database, collections.TOPIC_QUESTIONS, [failure])

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

    async def _one(self, claimed: PayinMethod, *, asked: bool) -> None:
        environment = await self._environment(claimed.app_id)
        provider = self._providers.for_payin(claimed.type, environment)
        order = await self._order(claimed)
        outcome = await self._in_time(_call(provider, claimed, order, asked=asked))
        terms = self._settings.sandbox_terms if environment == "sandbox" else self._settings.live_terms
        await self._database.run(collect.record_answer, claimed, outcome, terms=terms, asked=asked)

    async def _order(self, claimed: PayinMethod) -> CollectionOrder:
        async with self._database.reading() as conn:
            (transaction,) = await store.find_many(conn, claimed.app_id, [claimed.transaction_id])
        amount = Money(transaction.input_minor, transaction.input_currency)
        return collections.order_of(claimed, amount, transaction.payin_reference)

    async def _environment(self, app_id: UUID) -> Environment:
        """The environment of an app, which never changes."""
        if app_id not in self._environments:
            async with self._database.reading() as conn:
                self._environments[app_id] = await organisations.environment_of(conn, app_id) or "live"
        return self._environments[app_id]

    async def _in_time(self, call: Awaitable[CollectionOutcome]) -> CollectionOutcome:
        """Wait for an answer as long as a provider may take; after that it is asked for."""
        try:
            async with asyncio.timeout(self._settings.provider_seconds):
                return await call
        except TimeoutError:
            return Unknown("no answer in time")


async def _call(
    provider: CollectingProvider | None, claimed: PayinMethod, order: CollectionOrder, *, asked: bool
) -> CollectionOutcome:
    if provider is None:
        return NotStarted()
    if not asked:
        return await provider.start(order)
    if claimed.state is PayinMethodState.CANCELED:
        return await provider.stop(order)
    return await provider.ask(order)
