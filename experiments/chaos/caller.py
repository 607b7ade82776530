"""A client that lives with unknown answers as the reference tells clients to, and writes down what it did.

A write under an `Idempotency-Key` is sent again, byte for byte, until there is an answer. Without one an unknown
outcome is looked up where that can be done, and left unknown where not.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

from bitpesa.cli.client import Answered, Client
from bitpesa.kernel.values import json
from experiments.chaos.fixture import Player
from experiments.chaos.journal import Journal

SECONDS_FOR_AN_ANSWER = 10.0
SECONDS_BETWEEN_TRIES = (0.05, 0.4)
SECONDS_OF_PATIENCE = 60.0
PART_THAT_HANGS_UP = 0.03
PART_WITH_A_KEY = 0.7
SECONDS_BEFORE_HANGING_UP = 0.05

STILL_RUNNING = 409
UNAUTHENTICATED = 401  # a client library that repeats a request by itself repeats its nonce: who was first is unknown
REFUSED = 422
FOUND = 200
NOT_FOUND = 404
FAILED = 500

Facts = Mapping[str, Any]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A write that a client wants done once."""

    kind: str
    method: str
    path: str
    content: Any = None
    facts: dict[str, Any]
    """What the check has to know of it."""


class Caller:
    """One client of one app, who speaks to any of the API processes."""

    def __init__(
        self,
        player: Player,
        bases: Sequence[str],
        journal: Journal,
        chance: random.Random,
        *,
        hangs_up: float = PART_THAT_HANGS_UP,
    ) -> None:
        self.player = player
        self._clients = [Client(base, player.key, player.secret) for base in bases]
        self._journal = journal
        self._chance = chance
        self._hangs_up = hangs_up
        self.counted: Counter[str] = Counter()

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            await client.close()

    async def write(self, asked: Asked, facts_of: Callable[[Any], Facts] = lambda _object: {}) -> Answered | None:
        """Have something done; None when nobody knows whether it was."""
        operation = uuid4().hex
        keyed = self._chance.random() < PART_WITH_A_KEY and not self.player.days_pass
        self._journal.wants(operation, asked.kind, str(self.player.app_id), asked.facts, keyed=keyed)
        body = b"" if asked.content is None else json.encode(asked.content)
        headers = {"Idempotency-Key": operation} if keyed else None
        give_up_at = asyncio.get_running_loop().time() + SECONDS_OF_PATIENCE
        while True:
            self._journal.sends(operation)
            answer = await self._once(asked.method, asked.path, body, headers)
            if answer is not None and answer.status not in (STILL_RUNNING, UNAUTHENTICATED):
                facts = dict(facts_of(answer.object)) if answer.status < 300 else _refusal(answer)
                self._journal.hears(operation, answer.status, facts)
                if answer.status < FAILED:
                    self.counted["acknowledged" if answer.status < 300 else "refused"] += 1
                    return answer
            else:
                self._journal.hears(operation, None, {})
            self.counted["unknown"] += 1
            if not keyed or asyncio.get_running_loop().time() > give_up_at:
                return None
            await asyncio.sleep(self._chance.uniform(*SECONDS_BETWEEN_TRIES))

    async def move_clock(self, seconds: int) -> Answered | None:
        """Let time pass for the app; None when nobody knows whether it did."""
        return await self.write(
            Asked(
                kind="clock",
                method="POST",
                path="/sandbox/clock",
                content={"clock": {"advance_seconds": seconds}},
                facts={"seconds": seconds},
            )
        )

    async def look(self, path: str) -> Any:
        """Look something up, as often as it takes; None when it is not there, or cannot be had for long."""
        give_up_at = asyncio.get_running_loop().time() + SECONDS_OF_PATIENCE
        while asyncio.get_running_loop().time() < give_up_at:
            answer = await self._once("GET", path, b"", None, may_hang_up=False)
            if answer is not None and answer.status in (FOUND, NOT_FOUND):
                return answer.object if answer.status == FOUND else None
            await asyncio.sleep(self._chance.uniform(*SECONDS_BETWEEN_TRIES))
        return None

    async def _once(
        self, method: str, path: str, body: bytes, headers: dict[str, str] | None, *, may_hang_up: bool = True
    ) -> Answered | None:
        """Send one request; None when no answer came. Now and then the client does not wait for it."""
        client = self._chance.choice(self._clients)
        patience = SECONDS_FOR_AN_ANSWER
        if may_hang_up and self._chance.random() < self._hangs_up:
            patience = self._chance.uniform(0.0, SECONDS_BEFORE_HANGING_UP)
        try:
            async with asyncio.timeout(patience):
                return await client.send(method, path, body, headers)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return None


def _refusal(answer: Answered) -> Facts:
    """Whether it was refused for being there already: a client that asked twice takes that for a yes."""
    errors = json.encode(answer.body).decode() if answer.status == REFUSED else ""
    return {"taken": '"taken"' in errors, "funded": "already funded" in errors, "body": errors[:300]}
