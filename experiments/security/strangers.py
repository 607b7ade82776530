"""Nobody gets in: every operation is tried by everyone who may not, and the database is looked at after each try."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import msgspec

from bitpesa.api.call import Route
from bitpesa.api.routes import routes
from bitpesa.kernel.values import json
from experiments.security.digest import Digest
from experiments.security.doors import DOORS, SHARED, Door
from experiments.security.findings import Chapter, Promise
from experiments.security.place import Server
from experiments.security.stage import Heard, Key, Stage, knock, signed

NOT_LET_IN = {"status": 401, "error": "Unauthorized"}


class Attempt(msgspec.Struct, frozen=True):
    """An operation that is about to be tried, with the victim's object in its path."""

    method: str
    path: str
    content: Any
    names_object: bool
    sandbox_only: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


async def strangers(stage: Stage, server: Server, digest: Digest) -> Chapter:
    """Try every operation as everybody."""
    attempts, ruled = _attempts(stage)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session:
        return Chapter("Operations of the API", [ruled, *await _Doors(stage, server, digest, session).all(attempts)])


class _Doors:
    """The operations of a server, and what the database says before and after."""

    def __init__(self, stage: Stage, server: Server, digest: Digest, session: aiohttp.ClientSession) -> None:
        self._stage = stage
        self._server = server
        self._digest = digest
        self._session = session

    async def all(self, attempts: list[Attempt]) -> list[Promise]:
        stage = self._stage
        promises = [
            await self._rightful(),
            # First, before their keys were tried in vain: those tries are in their own logs too, ids of others and all.
            await self._neighbour("another app sees and moves nothing", attempts, stage.neighbour, "sandbox"),
            await self._neighbour("nor does the same organisation on live", attempts, stage.live, "live"),
        ]
        for sentence, knock_as in (
            ("who signs nothing is not let in", self._unsigned),
            ("who signs wrongly is not let in", self._wrongly),
            ("who changed what was signed is not let in", self._changed),
            ("a nonce is used once", self._again),
            ("a live key is no key in the sandbox", self._live_key_in_sandbox),
            ("a sandbox key is no key on live", self._sandbox_key_on_live),
            ("a secret in the open is no key elsewhere", self._secret_elsewhere),
        ):
            promises.append(await self._refused(sentence, attempts, knock_as))
        await stage.end_rights()
        promises.append(await self._refused("a revoked key is no key", attempts, self._as(stage.revoked)))
        promises.append(await self._refused("a disabled app is let in no more", attempts, self._as(stage.disabled)))
        return promises

    async def _rightful(self) -> Promise:
        """Without this, all that is refused below could be refused for want of a working key."""
        promise = Promise(sentence="whose keys they are is let in")
        stage = self._stage
        for name in ("own", "neighbour", "revoked", "disabled", "live"):
            key: Key = getattr(stage, name)
            heard = await knock(self._session, self._server, "GET", "/accounts", key=key, at=key.environment)
            promise.hold(so=heard.status == 200, attempt=f"{name}: {heard.status}")
        return promise

    async def _refused(
        self, sentence: str, attempts: list[Attempt], knock_as: Callable[[Attempt], Awaitable[Heard | None]]
    ) -> Promise:
        promise = Promise(sentence=sentence)
        before = await self._digest.everything()
        for attempt in attempts:
            heard = await knock_as(attempt)
            if heard is None:
                continue
            now = await self._digest.everything()
            moved = [table for table in before if before[table] != now[table]]
            refused = heard.status == 401 and json.decode(heard.body) == NOT_LET_IN
            promise.hold(so=refused and not moved, attempt=f"{attempt}: {heard.status}, changed {moved or 'nothing'}")
            before = now
        promise.figure = f"{self._digest.tables} tables unchanged"
        return promise

    async def _neighbour(self, sentence: str, attempts: list[Attempt], key: Key, at: str) -> Promise:
        """Signed rightly, about somebody else's objects: nothing of theirs is told, and nothing of theirs is moved."""
        promise, stage = Promise(sentence=sentence), self._stage
        told, sent = 0, b""  # whoever names an id reads it again in its own log
        before = await self._digest.of_app(stage.victim.id)
        for attempt in attempts:
            sent += _sent(attempt)
            heard = await self._send(attempt, key, at)
            now = await self._digest.of_app(stage.victim.id)
            moved = [table for table in before if before[table] != now[table]]
            said = [mark.decode() for mark in stage.marks if mark in heard.body and mark not in sent]
            found = heard.status == 404 if attempt.names_object else heard.status < 500
            told += len(heard.body)
            promise.hold(
                so=found and not moved and not said,
                attempt=f"{attempt}: {heard.status}, changed {moved or 'nothing'}, told {said or 'nothing'}",
            )
            before = now
        promise.figure = f"{told:,} bytes of answers searched"
        return promise

    # -- who knocks

    async def _send(self, attempt: Attempt, key: Key | None, at: str = "sandbox", **more: Any) -> Heard:
        return await knock(
            self._session, self._server, attempt.method, attempt.path, attempt.content, key=key, at=at, **more
        )

    def _as(self, key: Key) -> Callable[[Attempt], Awaitable[Heard | None]]:
        async def knock_as(attempt: Attempt) -> Heard:
            return await self._send(attempt, key)

        return knock_as

    async def _unsigned(self, attempt: Attempt) -> Heard:
        return await self._send(attempt, None, headers={"Authorization-Key": self._stage.own.key})

    async def _wrongly(self, attempt: Attempt) -> Heard:
        return await self._send(attempt, Key(self._stage.own.key, self._stage.neighbour.secret))

    async def _changed(self, attempt: Attempt) -> Heard:
        """Signed for another query; what is sent is what the victim's operation wants."""
        url = f"{self._server.base}/v1{attempt.path}"
        body = b"" if attempt.content is None else json.encode(attempt.content)
        headers = signed(self._stage.own, attempt.method, f"{url}?page=1", body)
        return await self._send(attempt, None, headers=headers)

    async def _again(self, attempt: Attempt) -> Heard:
        """Under a nonce that this key has used for something harmless."""
        nonce = str(uuid4())
        await knock(self._session, self._server, "GET", "/webhooks/events", key=self._stage.own, nonce=nonce)
        return await self._send(attempt, self._stage.own, nonce=nonce)

    async def _live_key_in_sandbox(self, attempt: Attempt) -> Heard:
        return await self._send(attempt, self._stage.live)

    async def _sandbox_key_on_live(self, attempt: Attempt) -> Heard:
        return await self._send(attempt, self._stage.own, "live")

    async def _secret_elsewhere(self, attempt: Attempt) -> Heard:
        own = self._stage.own
        headers = {"Authorization-Key": own.key, "Authorization-Secret": own.secret}
        return await self._send(attempt, None, "live", headers=headers)


def _attempts(stage: Stage) -> tuple[list[Attempt], Promise]:
    """Every operation there is, as its row in the table of doors says; and the promise that each has one."""
    promise = Promise(sentence="every operation says who may call it")
    attempts = []
    table = routes()
    for route in table:
        door = DOORS.get(f"{route.method} {route.path}")
        promise.hold(so=door is not None, attempt=f"{route.method} {route.path} has no row in doors.py")
        if door is not None:
            attempts.append(_attempt(stage, route, door))
    for row in DOORS.keys() - {f"{route.method} {route.path}" for route in table}:
        promise.hold(so=False, attempt=f"{row} is no operation any more")
    promise.figure = f"{len(attempts)} operations"
    return attempts, promise


def _attempt(stage: Stage, route: Route, door: Door) -> Attempt:
    path = route.path
    if door.names is not None:
        before, _, after = path.partition("{")
        path = before + quote(stage.objects[door.names], safe=":") + after.partition("}")[2]
    content = None if door.sends is None else door.sends(stage.objects)
    return Attempt(route.method, path, content, door.names not in {None, *SHARED}, route.sandbox_only)


def _sent(attempt: Attempt) -> bytes:
    return json.encode(attempt.content) + attempt.path.encode()
