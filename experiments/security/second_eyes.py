"""A second pair of eyes that is the first: who makes, re-opens or resets an account of staff is not two people with it.

An administrator takes the account of a colleague over, in every way that the office offers, and tries to confirm with
it what the other of the two proposed: money and rates, at once and long after. Nothing may move. That somebody else can
confirm the same is tried too: an office in which nobody can would keep these promises as well.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog

from bitpesa.money.accounts import queries as accounts
from bitpesa.money.rates import queries as rates
from bitpesa.tenants.users import queries as people
from bitpesa.tenants.users.model import StaffRole, User
from experiments.security.doors import all_routes, pages
from experiments.security.findings import Chapter, Promise
from tests.journeys.world import World, open_world
from tests.web.backoffice.officers import at_work, officer
from tests.web.backoffice.test_accounts_of_staff import enrol
from tests.web.kit.visiting import Browser, Shown

STAFF = "/office/staff"
LINK = "/lost-password/"
LONG_AGO = timedelta(days=60)
FAR_RATES = ("655.957", "400")
"""Each far from the other: whichever is in force, the other waits for a second person."""


class Desk:
    """One of staff at a browser."""

    def __init__(self, user: User, browser: Browser) -> None:
        self.user = user
        self.browser = browser


class Office:
    """A back office whose people come one after the other."""

    def __init__(self, world: World, stack: AsyncExitStack) -> None:
        self.world = world
        self._stack = stack

    async def somebody(self) -> Desk:
        """An administrator whom nobody has had to do with."""
        return await self.seated(await officer(self.world.platform, StaffRole.ADMINISTRATOR))

    async def seated(self, user: User) -> Desk:
        """Somebody who has logged in, with password and code."""
        browser = await self._stack.enter_async_context(at_work(self.world.platform, user=user))
        await browser.get("/office")
        return Desk(user, browser)

    async def age(self) -> None:
        """Let everything that was done to accounts be long ago."""
        async with self.world.platform.database.reading() as conn:
            await conn.execute("update access_changes set changed_at = changed_at - $1::interval", LONG_AGO)

    async def named(self, email: str) -> User:
        """The account with this address, which has an authenticator from now on: that of whoever holds it."""
        async with self.world.platform.database.reading() as conn:
            user = await people.find_staff_by_email(conn, email)
        assert user is not None
        await enrol(self.world, user)
        return user


async def second_eyes(database_url: str, _directory: Path) -> Chapter:
    """Try to be two people, in an office with a mail server and in one without."""
    with structlog.testing.capture_logs():
        async with _open(database_url, smtp_host="mail.invalid") as office:
            alone = [await _one_person(office, what, propose) for what, propose in PROPOSALS.items()]
            promises = [*alone, await _not_yet(office), await _links_unseen(office)]
        async with _open(database_url) as office:
            promises.append(await _no_links(office))
    return Chapter("A second pair of eyes", promises)


@asynccontextmanager
async def _open(database_url: str, **settings: Any) -> AsyncIterator[Office]:
    async with open_world(database_url, **settings) as world, AsyncExitStack() as stack:
        yield Office(world, stack)


# -- what is proposed: where it is decided, and whether it still waits


class Proposed:
    """Something that waits for a second person."""

    def __init__(self, path: str, waits: Callable[[], Awaitable[bool]]) -> None:
        self._path = path
        self.waits = waits

    async def confirm(self, by: Desk) -> Shown:
        """Have somebody press the button."""
        return await by.browser.post(f"{self._path}/confirm")


async def _propose_movement(office: Office, by: Desk) -> Proposed:
    path = f"/office/balances/{office.world.app.id}"
    sent = await by.browser.post(
        path,
        direction="deposit",
        amount="50000",
        currency="USD",
        reason="invoice 7",
        bank_reference=f"FT{uuid4().hex}",
        value_date=datetime.now(UTC).date().isoformat(),
        is_another="yes",
    )
    assert sent.location == f"{path}?done=proposed", sent.words

    async def waiting() -> list[UUID]:
        async with office.world.platform.database.reading() as conn:
            return [each.id for each in (await accounts.movements_waiting(conn, limit=10))[0]]

    (movement,) = await waiting()
    return Proposed(f"{path}/{movement}", lambda: _is_in(movement, waiting))


async def _propose_rate(office: Office, by: Desk) -> Proposed:
    async def waiting() -> list[UUID]:
        async with office.world.platform.database.reading() as conn:
            return [each.id for each in await rates.waiting_proposals(conn)]

    for units in FAR_RATES:
        sent = await by.browser.post("/office/rates/NGN", units=units, quoted="units")
        if sent.location == "/office/rates/NGN?done=proposed":
            break
    (proposal,) = await waiting()
    return Proposed(f"/office/rates/proposals/{proposal}", lambda: _is_in(proposal, waiting))


async def _is_in(one: UUID, waiting: Callable[[], Awaitable[list[UUID]]]) -> bool:
    return one in await waiting()


Propose = Callable[[Office, Desk], Awaitable[Proposed]]

PROPOSALS: dict[str, Propose] = {"moves money": _propose_movement, "sets a rate": _propose_rate}


# -- how an account comes into somebody else's hands


async def _create(office: Office, maker: Desk) -> User:
    email = f"{uuid4()}@example.com"
    sent = await maker.browser.post(STAFF, name="Puppet", email=email, role="administrator")
    assert sent.status == 200, sent.words
    return await office.named(email)


def _take_over(*acts: str) -> Callable[[Office, Desk], Awaitable[User]]:
    async def take_over(office: Office, maker: Desk) -> User:
        email = f"{uuid4()}@example.com"
        colleague = await officer(office.world.platform, StaffRole.ADMINISTRATOR, email=email)
        for act in acts:
            sent = await maker.browser.post(f"{STAFF}/{colleague.id}", act=act)
            assert sent.status in {200, 303}, sent.words
        return await office.named(email)

    return take_over


TAKING = {
    "made": _create,
    "opened again": _take_over("disable", "enable"),
    "without its authenticator": _take_over("reset-mfa"),
    "with a link to a new password": _take_over("link"),
}


async def _one_person(office: Office, what: str, propose: Propose) -> Promise:
    promise = Promise(sentence=f"nobody {what} with an account that they made, re-opened or reset")
    for how, take in TAKING.items():
        for maker_proposes in (True, False):
            maker = await office.somebody()
            puppet = await office.seated(await take(office, maker))
            proposer, decider = (maker, puppet) if maker_proposes else (puppet, maker)
            proposed = await propose(office, proposer)
            for when in ("at once", "long after"):
                shown = await proposed.confirm(decider)
                refused = shown.status == 422 and "does not count as a second person" in shown.words
                said = f"{how}, {'the maker' if maker_proposes else 'the puppet'} proposes, {when}: {shown.status}"
                promise.hold(so=refused and await proposed.waits(), attempt=said)
                await office.age()
            own = await proposed.confirm(proposer)
            promise.hold(so=own.status == 422 and await proposed.waits(), attempt=f"{how}, alone: {own.status}")
            other = await proposed.confirm(await office.somebody())
            so = other.status == 303 and not await proposed.waits()
            promise.hold(so=so, attempt=f"{how}: somebody else cannot either: {other.words[:200]}")
    return promise


async def _not_yet(office: Office) -> Promise:
    """A third person may be behind it, whose own name is not on the proposal."""
    promise = Promise(sentence="an account that anybody opened today confirms nothing yet")
    for how, take in TAKING.items():
        for what, propose in PROPOSALS.items():
            proposed = await propose(office, await office.somebody())
            opened = await office.seated(await take(office, await office.somebody()))
            shown = await proposed.confirm(opened)
            promise.hold(so=shown.status == 422 and await proposed.waits(), attempt=f"{how}, {what}: {shown.status}")
            await office.age()
            shown = await proposed.confirm(opened)
            promise.hold(so=shown.status == 303, attempt=f"{how}, {what}, long after: {shown.words[:200]}")
    return promise


# -- links


async def _links_unseen(office: Office) -> Promise:
    """A link is in the mail of its owner, and on no page that whoever had it sent can open."""
    promise = Promise(sentence="whoever has a link to a password sent sees it nowhere")
    platform, maker = office.world.platform, await office.somebody()
    colleague = await officer(platform, StaffRole.ADMINISTRATOR)
    email = f"{uuid4()}@example.com"
    shown = [
        await maker.browser.post(STAFF, name="Puppet", email=email, role="administrator"),
        await maker.browser.post(f"{STAFF}/{colleague.id}", act="link"),
    ]
    async with platform.database.reading() as conn:
        letters = await conn.fetch("select sealed_text from mails where recipient = any($1)", [email, colleague.email])
    tokens = [platform.vault.open(each["sealed_text"]).partition(LINK)[2].split()[0] for each in letters]
    promise.hold(so=len(tokens) == len(shown), attempt=f"{len(tokens)} links were sent")
    shown += [await maker.browser.get(path) for path in _pages_of(office)]
    for page in shown:
        so = not any(token in page.text or token in (page.location or "") for token in tokens)
        promise.hold(so=so and LINK not in page.text, attempt=f"{page.path}")
    promise.figure = f"{len(shown)} pages"
    return promise


async def _no_links(office: Office) -> Promise:
    """Without a mail server a sandbox shows its mail to everybody: then there is no link at all."""
    promise = Promise(sentence="where mail reaches nobody, no link is made in the office")
    maker = await office.somebody()
    colleague = await officer(office.world.platform, StaffRole.ADMINISTRATOR)
    for path, form in (
        (STAFF, {"name": "Puppet", "email": f"{uuid4()}@example.com", "role": "administrator"}),
        (f"{STAFF}/{colleague.id}", {"act": "link"}),
    ):
        before = await _links(office)
        shown = await maker.browser.post(path, **form)
        promise.hold(so=shown.status == 200 and LINK not in shown.text, attempt=f"{path}: {shown.status}")
        promise.hold(so=await _links(office) == before, attempt=f"{path}: a link was made")
    return promise


def _pages_of(office: Office) -> list[str]:
    """Every page of the office that names nothing in its address."""
    found = pages(all_routes(office.world.platform))
    named = (path for path, route in found if "{" not in path and "GET" in (getattr(route, "methods", None) or ()))
    return sorted({path for path in named if path.startswith("/office")})


async def _links(office: Office) -> int:
    async with office.world.platform.database.reading() as conn:
        return int(await conn.fetchval("select count(*) from password_links"))
