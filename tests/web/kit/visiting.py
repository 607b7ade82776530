"""A browser without scripts for the many small questions: it keeps its cookie and finds the forms of pages."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import msgspec

from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.users import store
from bitpesa.tenants.users.model import Device, Member, Permission, StaffRole, User
from bitpesa.web.kit.cookies import csrf_of
from bitpesa.wiring import Platform

COOKIE = "bitpesa"
NOBODY = Device("192.0.2.1", "a test")


class Shown(msgspec.Struct, frozen=True):
    """A page as it came."""

    status: int
    text: str
    path: str
    location: str | None
    headers: Mapping[str, str]

    @property
    def csrf(self) -> str:
        """What its forms must carry."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.text)
        assert found, f"{self.path} has no form"
        return found[1]

    @property
    def words(self) -> str:
        """The text without the marks, as somebody reads it."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())


class File(msgspec.Struct, frozen=True):
    """A file that somebody chose in a form."""

    name: str
    content: bytes


class Browser:
    """Asks for pages and sends forms; follows nothing by itself unless asked to."""

    def __init__(self, session: aiohttp.ClientSession, root: str, cookie: str = COOKIE) -> None:
        self.session = session
        self.root = root
        self.cookie = cookie
        self._last: Shown | None = None

    @property
    def token(self) -> str | None:
        """The token in its cookie."""
        for cookie in self.session.cookie_jar:
            if cookie.key.removeprefix("__Host-") == self.cookie:
                return cookie.value
        return None

    async def get(self, path: str, *, follow: bool = False, **headers: str) -> Shown:
        """Ask for a page."""
        self._last = await self._ask("GET", path, headers=headers, allow_redirects=follow)
        return self._last

    async def post(self, path: str, *, csrf: str | None = None, follow: bool = False, **fields: Any) -> Shown:
        """Send a form as the last page would have sent it. Fields named `to_`... keep their names."""
        if csrf is None:
            csrf = csrf_of(self.token) if self.token else ""
        given = aiohttp.FormData(quote_fields=False)
        given.add_field("csrf", csrf)
        for name, value in fields.items():
            for each in [value] if isinstance(value, str | File) else value:
                if isinstance(each, File):
                    given.add_field(name, each.content, filename=each.name, content_type="text/csv")
                else:
                    given.add_field(name, each)
        self._last = await self._ask("POST", path, data=given, allow_redirects=follow)
        return self._last

    async def _ask(self, method: str, path: str, **how: Any) -> Shown:
        url = path if path.startswith("http") else self.root + path
        async with self.session.request(method, url, **how) as answer:
            text = await answer.text()
            location = answer.headers.get("Location")
            return Shown(answer.status, text, answer.url.path_qs, location, answer.headers.copy())


@asynccontextmanager
async def open_browser(root: str, token: str | None = None, cookie: str = COOKIE) -> AsyncIterator[Browser]:
    """A browser with nothing in it, or with the cookie of a session."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, trust_env=False) as session:
        if token is not None:
            jar.update_cookies({cookie: token}, response_url=aiohttp.client.URL(root))
        yield Browser(session, root, cookie)


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""What the authenticators of these users know."""


async def enrolled_user(
    platform: Platform, *, email: str | None = None, name: str = "Ada Obi", role: StaffRole | None = None
) -> User:
    """A user who has an authenticator, one of staff with a role; nobody knows the password."""

    async def make(work: Any) -> User:
        address = email or f"{uuid4()}@example.com"
        user = await store.insert_user(work.conn, name, address, "no password", role)
        await store.propose_totp_secret(work.conn, user.id, platform.vault.seal(SECRET))
        assert await store.take_totp_step(work.conn, user.id, 1)
        found = await store.find_user(work.conn, user.id)
        assert found is not None
        return found

    return await platform.database.run(make)


async def session_of(platform: Platform, user: User) -> str:
    """The token of a complete session of a user."""
    token = new_token()

    async def make(work: Any) -> None:
        await store.insert_session(work.conn, token_hash(token), user.id, NOBODY, with_second_factor=True)

    await platform.database.run(make)
    return token


async def join(
    platform: Platform, user: User, organisation_id: UUID, permissions: Iterable[Permission] | None = None
) -> None:
    """Make a user a member: with these permissions, or an administrator."""

    async def make(work: Any) -> None:
        granted = frozenset(permissions or ())
        member = Member(
            organisation_id=organisation_id, user_id=user.id, is_administrator=permissions is None, granted=granted
        )
        await store.insert_member(work.conn, member)

    await platform.database.run(make)


@asynccontextmanager
async def signed_in(
    platform: Platform,
    organisation_id: UUID,
    permissions: Iterable[Permission] | None = None,
    *,
    root: str | None = None,
) -> AsyncIterator[Browser]:
    """The browser of a new member of an organisation: an administrator, unless permissions are given."""
    user = await enrolled_user(platform)
    await join(platform, user, organisation_id, permissions)
    async with open_browser(root or platform.settings.sandbox_origins[0], await session_of(platform, user)) as browser:
        yield browser


async def new_organisation(platform: Platform, name: str = "Nairobi Exports") -> UUID:
    """An organisation with a sandbox app and nothing else."""

    async def make(work: Any) -> UUID:
        organisation = await organisations.create_organisation(work, name)
        await organisations.create_app(work, organisation.id, "sandbox")
        return organisation.id

    return await platform.database.run(make)
