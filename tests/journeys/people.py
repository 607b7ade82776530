"""People of a journey: each has a mailbox, a phone with an authenticator, and a browser without scripts."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from bitpesa.kernel.crypto import one_time_codes
from bitpesa.tenants.mail.transports.mailbox import newest
from tests.journeys.world import World, open_world
from tests.web.kit.visiting import Browser, Shown, open_browser

PASSWORD = "correct horse battery"
COMPANY = {
    "name": "Nairobi Exports",
    "country": "KE",
    "city": "Nairobi",
    "street": "1 Kenyatta Avenue",
    "postal_code": "00100",
    "phone_country": "KE",
    "phone_number": "+254 20 123456",
}


class Person:
    """Somebody at a browser."""

    def __init__(self, town: "Town", email: str, browser: Browser) -> None:
        self.town = town
        self.email = email
        self.browser = browser
        self.secret = ""
        self.recovery_codes: list[str] = []
        self._last_step = 0

    async def code(self) -> str:
        """The next code of the authenticator: none is shown twice, time passes where it must."""
        now = one_time_codes.step_at(datetime.now(UTC))
        step = max(now - 1, self._last_step + 1)
        if step > now + 1:
            await self.town.execute("update users set totp_last_step = $1 where email = $2", now - 2, self.email)
            step = now - 1
        self._last_step = step
        return one_time_codes.code_at(self.secret, step)

    async def sign_up(self, *, name: str = "Ada Obi", password: str = PASSWORD) -> None:
        """Sign up, follow the link, enrol the phone: the browser is logged in."""
        sent = await self.browser.post("/sign-up", name=name, email=self.email, password=password)
        assert sent.status == 200, sent.words
        link = await self.town.link_to(self.email, "/sign-up/")
        await self.browser.get(link)
        confirmed = await self.browser.post(link, password=password)
        assert (confirmed.status, confirmed.location) == (303, "/log-in/authenticator"), confirmed.words
        await self.enrol()

    async def enrol(self) -> Shown:
        """Scan what the page shows, and give the first code."""
        shown = await self.browser.get("/log-in/authenticator")
        found = re.search(r'<code id="key">([A-Z2-7 ]+)</code>', shown.text)
        assert found, shown.words
        self.secret = found[1].replace(" ", "")
        enrolled = await self.browser.post("/log-in/authenticator", code=await self.code(), next="/portal")
        assert enrolled.status == 200, enrolled.words
        self.recovery_codes = re.findall(r"<code>([a-z2-7-]{19})</code>", enrolled.text)
        return enrolled

    async def found(self, **changes: str) -> None:
        """Open an organisation."""
        made = await self.browser.post("/portal/organisations/new", **{**COMPANY, **changes})
        assert (made.status, made.location) == (303, "/portal"), made.words

    async def log_in(self, password: str = PASSWORD) -> None:
        """Log in with password and code."""
        await self.browser.get("/log-in")
        first = await self.browser.post("/log-in", email=self.email, password=password)
        assert (first.status, first.location) == (303, "/log-in/code"), first.words
        second = await self.browser.post("/log-in/code", code=await self.code())
        assert (second.status, second.location) == (303, "/portal"), second.words


class Town:
    """A sandbox alone, whose mail can be read, and its people."""

    def __init__(self, world: World, stack: AsyncExitStack) -> None:
        self.world = world
        self._stack = stack

    @property
    def root(self) -> str:
        """Where the portal is."""
        return self.world.platform.settings.sandbox_origins[0]

    async def browser(self, token: str | None = None) -> Browser:
        """A browser with nothing in it, or with the cookie of a session."""
        return await self._stack.enter_async_context(open_browser(self.root, token))

    async def somebody(self, email: str) -> Person:
        """Somebody who is not known yet."""
        browser = await self.browser()
        await browser.get("/log-in")
        return Person(self, email, browser)

    async def user(self, email: str, **how: Any) -> Person:
        """Somebody who has signed up and is logged in."""
        person = await self.somebody(email)
        await person.sign_up(**how)
        return person

    async def founder(self, email: str = "ada@example.com", **company: str) -> Person:
        """The administrator of an organisation."""
        person = await self.user(email)
        await person.found(**company)
        return person

    async def member(self, founder: Person, email: str, *permissions: str) -> Person:
        """Somebody whom the founder has invited, with these permissions."""
        person = await self.user(email)
        sent = await founder.browser.post("/portal/people/invite", email=email, permissions=list(permissions))
        assert sent.location == "/portal/people", sent.words
        link = (await self.link_to(email, "/invitations/")).replace("/invitations/", "/portal/invitations/")
        joined = await person.browser.post(link)
        assert joined.status == 303, joined.words
        return person

    async def mail_to(self, email: str) -> list[Any]:
        """What came to an address, newest first."""
        await self.world.drain()
        async with self.world.platform.database.reading() as conn:
            return [each for each in await newest(conn) if each.recipient == email]

    async def link_to(self, email: str, path: str) -> str:
        """The newest link of a kind that came to an address, from its path on."""
        for each in await self.mail_to(email):
            found = re.search(rf"{re.escape(self.root)}({path}\S+)", each.text)
            if found:
                return found[1]
        raise AssertionError(f"no link {path} came to {email}")

    async def execute(self, statement: str, *args: Any) -> list[Any]:
        """Make happen what only time or staff can."""
        async with self.world.platform.database.reading() as conn:
            return list(await conn.fetch(statement, *args))

    async def trail(self) -> list[str]:
        """The actions in the audit trail, oldest first."""
        return [row["action"] for row in await self.execute("select action from audit_trail order by seq")]


@asynccontextmanager
async def open_town(database_url: str, **settings: Any) -> AsyncIterator[Town]:
    """A town, and its end."""
    async with open_world(database_url, live_origins=(), **settings) as world, AsyncExitStack() as stack:
        yield Town(world, stack)
