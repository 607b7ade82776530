"""Who of staff is asking, and what a page of the back office asks of them before it is shown.

    @page(StaffRole.OPERATOR, fresh=True)
    async def release(request: Request, officer: Officer) -> Response: ...

Every page but those of logging in is made by `page`, which checks the network, the session, the role, the form and, for
what moves money, a code given lately. What a page asks for stands in `DOORS`.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ClassVar, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.crypto.tokens import new_token
from bitpesa.kernel.problems import Malformed, NotFound
from bitpesa.settings import Settings
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.organisations.model import Environment
from bitpesa.tenants.users import queries as people
from bitpesa.tenants.users.acting import acting
from bitpesa.tenants.users.model import Session, SessionTerms, SignedIn, StaffRole, User, UserKind
from bitpesa.web.backoffice.site import CONFIRM, ENROL, GIVE_CODE, HOME, LOG_IN
from bitpesa.web.kit import failures
from bitpesa.web.kit.answers import LONGEST_FORM_BYTES, go, platform_of, shown, wrong_form
from bitpesa.web.kit.cookies import OFFICE as COOKIE
from bitpesa.web.kit.cookies import csrf_of, set_token, token_of
from bitpesa.web.kit.next_page import section_of, with_next


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """One of staff who is logged in, code and all."""

    user: User
    session: Session
    is_fresh: bool
    csrf_token: str

    organisation: ClassVar[None] = None
    environment: ClassVar[Environment] = "live"

    @property
    def actor(self) -> Actor:
        """Who it is, for the audit trail."""
        return acting(self.user)

    @property
    def role(self) -> StaffRole:
        """What the officer may do."""
        return self.user.staff_role or StaffRole.VIEWER

    def may(self, needed: StaffRole | str) -> bool:
        """Whether the officer may do what needs a role."""
        return self.role.covers(StaffRole(needed))


class Halfway(msgspec.Struct, frozen=True, kw_only=True):
    """One of staff whose password was right and who has not given a code yet: nothing is open."""

    user: User
    session: Session
    csrf_token: str


class Throttled(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who gave a password while a lock was on, right or not: that is told with the code. Nothing is open."""

    token: str
    csrf_token: str


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is not logged in."""

    csrf_token: str


class Door(msgspec.Struct, frozen=True):
    """What a page asks of whoever comes: a role, and whether a code must have been given lately."""

    needed: StaffRole
    fresh: bool


Page: TypeAlias = Callable[[Request, Officer], Awaitable[Response]]
CodePage: TypeAlias = Callable[[Request, Halfway | Throttled], Awaitable[Response]]
HalfwayPage: TypeAlias = Callable[[Request, Halfway], Awaitable[Response]]
OpenPage: TypeAlias = Callable[[Request, Stranger], Awaitable[Response]]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

Longest: TypeAlias = Callable[[Settings], int]

DOORS: dict[Endpoint, Door] = {}
"""Every page for who is logged in, with what it asks for."""


def form_bytes(_settings: Settings) -> int:
    """How long a form may be that takes no file."""
    return LONGEST_FORM_BYTES


def page(
    needed: StaffRole = StaffRole.VIEWER, *, fresh: bool = False, longest: Longest = form_bytes
) -> Callable[[Page], Endpoint]:
    """A page for staff of a role. `fresh`: only soon after a code was given; it is asked for otherwise.

    `longest`: how long a form may be.
    """

    def decorate(show: Page) -> Endpoint:
        @wraps(show)
        async def endpoint(request: Request) -> Response:
            if not is_near(request):
                return _nothing(request)
            found = await _enter(request)
            if isinstance(found, Response):
                return found
            if not found.may(needed):
                return forbidden(request, found)
            try:
                refusal = await _form_refused(request, found, longest) or _asked_again(request, found, fresh=fresh)
                return refusal or await show(request, found)
            except (NotFound, Malformed):
                return render(request, found, "office/not_there.html", status=404)
            finally:
                await request.close()  # files that came with a form

        DOORS[endpoint] = Door(needed, fresh)
        return endpoint

    return decorate


def halfway_page(show: HalfwayPage) -> Endpoint:
    """A page between password and code."""

    @wraps(show)
    async def endpoint(request: Request) -> Response:
        if not is_near(request):
            return _nothing(request)
        token, signed_in = await _find(request)
        if token is None or signed_in is None:
            return go(request, LOG_IN)
        if signed_in.session.second_factor_at is not None:
            return go(request, HOME)
        halfway = Halfway(user=signed_in.user, session=signed_in.session, csrf_token=csrf_of(token))
        return await _form_refused(request, halfway) or await show(request, halfway)

    return endpoint


def code_page(show: CodePage) -> Endpoint:
    """A page that asks for a code behind the password, judged already or not."""

    @wraps(show)
    async def endpoint(request: Request) -> Response:
        if not is_near(request):
            return _nothing(request)
        token, signed_in = await _find(request)
        if token is not None and signed_in is None:
            async with platform_of(request).database.reading() as conn:
                is_throttled = await people.is_throttled(conn, token, UserKind.STAFF)
            if is_throttled:
                throttled = Throttled(token=token, csrf_token=csrf_of(token))
                return await _form_refused(request, throttled) or await show(request, throttled)
        return await halfway_page(show)(request)

    return endpoint


def open_page(show: OpenPage) -> Endpoint:
    """A page for strangers; it gives the browser a token for its forms."""

    @wraps(show)
    async def endpoint(request: Request) -> Response:
        if not is_near(request):
            return _nothing(request)
        settings = platform_of(request).settings
        token = token_of(request, settings, COOKIE) or new_token()
        stranger = Stranger(csrf_token=csrf_of(token))
        answer = await _form_refused(request, stranger) or await show(request, stranger)
        if "set-cookie" not in answer.headers:
            set_token(answer, settings, token, COOKIE)
        return answer

    return endpoint


def render(
    request: Request,
    asking: Officer | Halfway | Throttled | Stranger,
    template: str,
    *,
    status: int = 200,
    **values: object,
) -> Response:
    """A page: within the office for who is logged in; for others `stranger` is what its forms are made with."""
    whose = "visitor" if isinstance(asking, Officer) else "stranger"
    return shown(request, template, {whose: asking, **values}, status=status)


def forbidden(request: Request, asking: Officer | Halfway | Throttled | Stranger, why: str = "permission") -> Response:
    """Refuse, and say why: for want of a role, or because of the `form`."""
    return render(request, asking, "people/refused.html", status=403, why=why)


def session_terms(settings: Settings) -> SessionTerms:
    """How long sessions of staff last: idle ones end soon."""
    return SessionTerms(settings.office_idle_seconds, settings.office_limit_seconds, settings.fresh_code_seconds)


def is_near(request: Request) -> bool:
    """Whether the request comes from a network that may reach the office at all."""
    networks = platform_of(request).settings.office_networks
    if not networks:
        return True
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(each) for each in networks)


async def is_signed_in(request: Request) -> bool:
    """Whether the browser has a session, complete or halfway."""
    return (await _find(request))[1] is not None


async def _enter(request: Request) -> Officer | Response:
    token, signed_in = await _find(request)
    here = request.url.path if request.method == "GET" else HOME
    if request.method == "GET" and request.url.query:
        here = f"{here}?{request.url.query}"
    if token is None or signed_in is None:
        return go(request, with_next(LOG_IN, here, HOME))
    if not signed_in.user.has_second_factor:
        return go(request, with_next(ENROL, here, HOME))
    if signed_in.session.second_factor_at is None:
        return go(request, with_next(GIVE_CODE, here, HOME))
    return Officer(
        user=signed_in.user, session=signed_in.session, is_fresh=signed_in.is_fresh, csrf_token=csrf_of(token)
    )


async def _find(request: Request) -> tuple[str | None, SignedIn | None]:
    platform = platform_of(request)
    token = token_of(request, platform.settings, COOKIE)
    if token is None:
        return None, None
    async with platform.database.reading() as conn:
        return token, await people.signed_in(conn, token, session_terms(platform.settings), UserKind.STAFF)


async def _form_refused(
    request: Request, asking: Officer | Halfway | Throttled | Stranger, longest: Longest = form_bytes
) -> Response | None:
    match await wrong_form(request, asking.csrf_token, longest=longest(platform_of(request).settings)):
        case None:
            return None
        case "length":
            return render(request, asking, "people/refused.html", status=413, why="length")
        case "form":
            return forbidden(request, asking, "form")


def _asked_again(request: Request, officer: Officer, *, fresh: bool) -> Response | None:
    """Send who gave no code lately to give one, and back to the page where it was needed."""
    if not fresh or officer.is_fresh:
        return None
    back = request.url.path if request.method == "GET" else section_of(request.url.path, HOME)
    return go(request, with_next(CONFIRM, back, HOME))


def _nothing(request: Request) -> Response:
    """What the rest of the world sees: nothing that tells it from a path that does not exist."""
    return failures.answer(request, 404)
