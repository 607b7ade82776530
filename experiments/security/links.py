"""Links open one thing, for a while, as they were signed; pages are public by name, or ask who is there."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
from yarl import URL

from bitpesa.web.portal.guards import ENVIRONMENTS
from experiments.security.digest import Digest
from experiments.security.doors import all_routes, is_guarded, is_public, pages
from experiments.security.findings import Chapter, Promise
from experiments.security.place import Server
from experiments.security.stage import Stage

LINKS = ("document_link", "proof_link", "report_link")


async def links(stage: Stage, server: Server, digest: Digest) -> Chapter:
    """Try links as they are, and in every way that they are not."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session:
        return Chapter(
            "Links and pages",
            [
                await _genuine(stage, server, session),
                await _forged(stage, server, session, digest),
                await _guessed(stage, server, session, digest),
                await _pages(stage, server, session, digest),
                await _ended(stage, server, session),
            ],
        )


async def _genuine(stage: Stage, server: Server, session: aiohttp.ClientSession) -> Promise:
    promise = Promise(sentence="a link opens what it was made for")
    for name in (*LINKS, "page_link"):
        status = await _status(session, server, stage.objects[name])
        promise.hold(so=status == 200, attempt=f"{name}: {status}")
    return promise


async def _forged(stage: Stage, server: Server, session: aiohttp.ClientSession, digest: Digest) -> Promise:
    promise = Promise(sentence="a link that was changed in any part opens nothing")
    before = await digest.everything()
    for name in LINKS:
        for what, target in _forgeries(stage, stage.objects[name]):
            status = await _status(session, server, target)
            promise.hold(so=status in {403, 404}, attempt=f"{name}, {what}: {status}")
    promise.hold(so=await digest.everything() == before, attempt="something changed in the database")
    return promise


def _forgeries(stage: Stage, target: str) -> Iterator[tuple[str, str]]:
    path, _, query = target.partition("?")
    expires, _, signature = query.partition("&signature=")
    longer = f"expires={int(expires.partition('=')[2]) + 3_600_000}"
    yield "without its query", path
    yield "without its signature", f"{path}?{expires}"
    yield "without its end", f"{path}?signature={signature}"
    yield "with a later end", f"{path}?{longer}&signature={signature}"
    yield "with a signature of zeros", f"{path}?{expires}&signature={'0' * 64}"
    yield "with one digit changed", f"{path}?{expires}&signature={signature[:-1]}{'0' if signature[-1] != '0' else '1'}"
    yield "with a shorter signature", f"{path}?{expires}&signature={signature[:-2]}"
    yield "with two ends", f"{path}?{longer}&{query}"
    yield "with something behind it", f"{path}?{query}&more=1"
    yield "with the signature in capitals", f"{path}?{expires}&signature={signature.upper()}"
    yield "of another app", f"{path.replace(str(stage.victim.id), str(stage.neighbour_app.id))}?{query}"
    yield "of another object", f"{_with_other_object(path)}?{query}"
    yield "one folder up", f"{path}/../{uuid4()}?{query}"
    yield "with dots in its path", f"/x/..{path}?{query}"
    yield "with doubled slashes", f"/{path[1:].replace('/', '//')}?{query}"
    for other in LINKS:
        foreign = stage.objects[other]
        if foreign != target:
            yield f"with the signature of the {other}", f"{path}?{foreign.partition('?')[2]}"
            yield f"as the {other}", f"{foreign.partition('?')[0]}?{query}"


def _with_other_object(path: str) -> str:
    """The path with its last id, or its month, replaced by another."""
    ids = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", path)
    if path.endswith(".csv"):
        return path.replace("account_report", "transaction_report")
    return path.replace(ids[-1], str(uuid4()))


async def _guessed(stage: Stage, server: Server, session: aiohttp.ClientSession, digest: Digest) -> Promise:
    promise = Promise(sentence="a payer's page opens by its own token only")
    before = await digest.everything()
    token = stage.objects["page_link"].rpartition("/")[2]
    for what, guess in {
        "shorter": token[:-1],
        "longer": f"{token}0",
        "one letter changed": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "in capitals": token.swapcase(),
        "an id": stage.objects["payin_method"],
        "a wildcard": "%25",
        "a quote": "%27%20or%20%271%27%3D%271",
        "nothing readable": "%ff%00",
        "another app's": token.replace(str(stage.victim.id), str(stage.neighbour_app.id))
        if str(stage.victim.id) in token
        else uuid4().hex,
    }.items():
        status = await _status(session, server, f"/pay/{guess}")
        promise.hold(so=status == 404, attempt=f"{what}: {status}")
        for act in ("confirm", "cancel"):
            status = await _status(session, server, f"/pay/{guess}/{act}", "POST")
            promise.hold(so=status == 404, attempt=f"{what}, {act}: {status}")
    promise.hold(so=await digest.everything() == before, attempt="something changed in the database")
    return promise


async def _pages(stage: Stage, server: Server, session: aiohttp.ClientSession, digest: Digest) -> Promise:
    """Pages that ask for no log-in are listed with their reason; every other one sends a stranger to log in."""
    promise = Promise(sentence="every page is listed as public, or asks who is there")
    before, guarded = await digest.everything(), 0
    for path, route in pages(all_routes(stage.world.platform)):
        known = is_public(path) or is_guarded(route)
        promise.hold(so=known, attempt=f"{path} is neither in the table of doors.py nor made by a guard")
        if not is_guarded(route):
            continue
        guarded += 1
        for target in _addresses(path):
            for method in route.methods - {"HEAD"}:
                status = await _status(session, server, target, method)
                promise.hold(so=status in {303, 403}, attempt=f"{method} {target} answers a stranger with {status}")
    promise.hold(so=await digest.everything() == before, attempt="something changed in the database")
    promise.figure = f"{guarded} guarded"
    return promise


def _addresses(path: str) -> set[str]:
    """A page's path with an id in each of its places; one that names an environment, with either."""
    placed = {path.replace("{environment:environment}", word) for word in ENVIRONMENTS}
    return {re.sub(r"{[^}]*}", str(uuid4()), each) for each in placed}


async def _ended(stage: Stage, server: Server, session: aiohttp.ClientSession) -> Promise:
    """By the clock of the app, which is moved: so this is tried last."""
    promise = Promise(sentence="a link whose time is over opens nothing")
    await stage.world.advance(days=30)
    for name in LINKS:
        status = await _status(session, server, stage.objects[name])
        promise.hold(so=status == 403, attempt=f"{name}: {status}")
    return promise


async def _status(session: aiohttp.ClientSession, server: Server, target: str, method: str = "GET") -> int:
    assert not urlsplit(target).netloc
    url = URL(server.base + target, encoded=True)
    async with session.request(method, url, allow_redirects=False) as answer:
        await answer.read()
        return answer.status
