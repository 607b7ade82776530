"""The due work of collections: asking payers for money, and asking providers how that stands (design decision 7).

A request is claimed and committed, then handed to its provider under our own reference, then recorded. A process that
dies in between leaves a request that its provider is asked about, and that is never sent again unasked. The provider
that got the request is asked about it as it was made; while that provider is not loaded, nobody knows how it stands.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog

from bitpesa.collections import operations as collections
from bitpesa.collections.model import ClaimedRequest, PayinMethod, PayinMethodState
from bitpesa.kernel.database import UNREACHABLE, Database
from bitpesa.kernel.money import Money
from bitpesa.kernel.statements import Connection
from bitpesa.organisations import queries as organisations
from bitpesa.organisations.model import Environment
from bitpesa.providers.collecting import CollectingProvider, CollectionOrder, CollectionOutcome
from bitpesa.providers.port import NotStarted, Unknown
from bitpesa.providers.registry import NOBODY, Providers
from bitpesa.transactions import store
from bitpesa.transactions.operations import collect
from bitpesa.transactions.operations.collect import CollectingTerms

log = structlog.get_logger()


class CollectingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How collections are made. `lease` must be longer than a provider may take to answer."""

    sandbox_terms: CollectingTerms
    live_terms: CollectingTerms
    concurrent: int = 32
    lease: timedelta = timedelta(seconds=60)
    provider_seconds: float = 30


class Cashier:
    """Asks payers for the money that is due, and their providers how it stands: a batch at a time."""

    def __init__(self, database: Database, providers: Providers, settings: CollectingSettings) -> None:
        self._database = database
        self._providers = providers
        self._settings = settings
        self._environments: dict[UUID, Environment] = {}

    async def start(self) -> int:
        """Claim payin methods whose payer is to be asked, and hand them to their providers; answers how many."""
        return await self._each(await self._claim(collections.claim_starts), asked=False)

    async def ask(self) -> int:
        """Claim payin methods that providers have, and ask how they stand; answers how many."""
        return await self._each(await self._claim(collections.claim_questions), asked=True)

    async def _claim(self, claim: Callable[..., Awaitable[list[ClaimedRequest]]]) -> list[ClaimedRequest]:
        settings = self._settings
        return await self._database.run(claim, self._request_of, batch=settings.concurrent, lease=settings.lease)

    async def _each(self, claimed: Sequence[ClaimedRequest], *, asked: bool) -> int:
        ended = await asyncio.gather(*(self._do(each, asked=asked) for each in claimed), return_exceptions=True)
        for each, problem in zip(claimed, ended, strict=True):
            # Whatever it was, the payin method keeps its attempt and is asked about when the lease ends.
            if isinstance(problem, UNREACHABLE):
                log.warning("collections.database_unreachable", problem=repr(problem))
            elif isinstance(problem, Exception):
                log.error(
                    "collections.request_failed",
                    app_id=str(each.method.app_id),
                    payin_method_id=str(each.method.id),
                    exc_info=problem,
                )
        return len(claimed)

    async def _do(self, claimed: ClaimedRequest, *, asked: bool) -> None:
        """Work on what was claimed. What fails is counted, so that it does not fail for ever."""
        try:
            await self._one(claimed, asked=asked)
        except UNREACHABLE:
            raise
        except Exception:
            await self._database.run(collect.record_fault, claimed.method)
            raise

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
            app = await organisations.find_app(conn, app_id)
            self._environments[app_id] = "live" if app is None else app.environment
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
