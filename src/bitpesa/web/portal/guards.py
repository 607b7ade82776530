"""Who is asking, and what a page of the portal asks of them before it is shown.

    @page(Permission.WEBHOOKS_READ)
    async def show(request: Request, visitor: Visitor) -> Response:
        return render(request, visitor, "webhooks.html", webhooks=...)

Whoever is not logged in is sent to log in; who has no authenticator yet, to enrol one; who belongs to no organisation,
to make one. Every POST must carry the form's own `csrf`, or nothing is done.

The environment of a page stands in its address, as `/portal/test/keys` or `/portal/live/keys`, and nowhere else: what
another window shows changes nothing here. A page of `/portal` without one shows and changes neither (decision 0066).
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ClassVar, TypeAlias

import msgspec
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.crypto.tokens import new_token
from bitpesa.kernel.database.statements import Connection
from bitpesa.settings import Settings
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.model import App, Environment, Organisation
from bitpesa.tenants.users import queries as people
from bitpesa.tenants.users.model import Member, Permission, Session, SessionTerms, SignedIn, User
from bitpesa.web.kit.answers import LONGEST_FORM_BYTES, go, platform_of, safe_headers, shown, wrong_form
from bitpesa.web.kit.cookies import csrf_of, set_token, token_of
from bitpesa.web.kit.next_page import HOME, section_of, with_next
from bitpesa.web.portal import form_marks

LOG_IN = "/log-in"
GIVE_CODE = "/log-in/code"
ENROL = "/log-in/authenticator"
NEW_ORGANISATION = "/portal/organisations/new"
CONFIRM = "/portal/confirm"
KEPT = "/portal/kept"

ENVIRONMENTS: dict[str, Environment] = {"test": "sandbox", "live": "live"}
"""The environments by the words for them in addresses."""

WORD_OF = {environment: word for word, environment in ENVIRONMENTS.items()}


class _EnvironmentInPath(Convertor[Environment]):
    """Reads the environment that an address names."""

    regex = "|".join(ENVIRONMENTS)

    def convert(self, value: str) -> Environment:
        """The environment of a word."""
        return ENVIRONMENTS[value]

    def to_string(self, value: Environment) -> str:
        """The word of an environment."""
        return WORD_OF[value]


register_url_convertor("environment", _EnvironmentInPath())

PLACE = HOME + "/{environment:environment}"
"""Where the pages of one environment begin."""

TEST = f"{HOME}/{WORD_OF['sandbox']}"
"""Where the pages of the sandbox begin; what names no environment leads here: never to real money unasked."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A user who looks at one of its organisations, in the environment that the address names.

    Pages of the organisation or the user as a whole have no environment, and no app. Live has none until staff open it.
    """

    user: User
    organisation: Organisation
    environment: Environment | None
    app: App | None
    member: Member
    session: Session
    is_fresh: bool
    organisations: tuple[Organisation, ...]
    csrf_token: str
    form_mark: str

    @property
    def at(self) -> str:
        """Where the pages begin that are beside this one, as `/portal/test`."""
        return HOME if self.environment is None else f"{HOME}/{WORD_OF[self.environment]}"

    def to(self, path: str) -> str:
        """The address of a page of the same environment, as `/portal/test/keys`."""
        return self.at + path

    def found(self, path: str | None) -> str | None:
        """The same for a page that may not be there."""
        return None if path is None else self.to(path)

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the visitor may do here beyond the dashboard and the reports."""
        return self.member.permissions

    @property
    def is_administrator(self) -> bool:
        """Whether the visitor may do everything here."""
        return self.member.is_administrator

    @property
    def sees_personal_data(self) -> bool:
        """Whether the visitor may see more of senders and recipients than their names."""
        return self.may(Permission.PERSONAL_DATA_READ)

    def may(self, permission: Permission | str) -> bool:
        """Whether the visitor holds a permission."""
        return permission in self.permissions


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """A user who is logged in and belongs to no organisation."""

    user: User
    session: Session
    is_fresh: bool
    csrf_token: str
    form_mark: str

    organisation: ClassVar[None] = None
    app: ClassVar[None] = None
    environment: ClassVar[None] = None
    at: ClassVar[str] = HOME
    organisations: ClassVar[tuple[Organisation, ...]] = ()
    permissions: ClassVar[frozenset[Permission]] = frozenset()
    is_administrator: ClassVar[bool] = False

    def may(self, _permission: Permission | str) -> bool:
        """Nothing here asks for a newcomer's permission."""
        return False


class Halfway(msgspec.Struct, frozen=True, kw_only=True):
    """A user whose password was right and who has not given a code yet: nothing is open."""

    user: User
    session: Session
    csrf_token: str


class Throttled(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who gave a password while a lock was on, right or not: that is told with the code. Nothing is open."""

    token: str
    csrf_token: str


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is not logged in; `token` is in the cookie of the browser, or about to be."""

    token: str
    csrf_token: str


Page: TypeAlias = Callable[[Request, Visitor], Awaitable[Response]]
AccountPage: TypeAlias = Callable[[Request, Visitor | Newcomer], Awaitable[Response]]
CodePage: TypeAlias = Callable[[Request, Halfway | Throttled], Awaitable[Response]]
HalfwayPage: TypeAlias = Callable[[Request, Halfway], Awaitable[Response]]
OpenPage: TypeAlias = Callable[[Request, Stranger], Awaitable[Response]]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def page(
    permission: Permission | None = None, *, fresh: bool = False, administrator: bool = False
) -> Callable[[Page], Endpoint]:
    """A page of an organisation: for its members, those with a permission, or its administrators alone.

    `fresh`: only soon after a code of the authenticator was given; it is asked for otherwise.
    """

    def decorate(show: Page) -> Endpoint:
        @wraps(show)
        async def endpoint(request: Request) -> Response:
            found = await _enter(request)
            if isinstance(found, Response):
                return found
            if isinstance(found, Newcomer):
                return go(request, NEW_ORGANISATION)
            lacking = (permission is not None and not found.may(permission)) or (
                administrator and not found.is_administrator
            )
            if lacking:
                return forbidden(request, found)
            refusal = (
                await _form_refused(request, found)
                or await _of_another_organisation(request, found)
                or _asked_again(request, found, fresh=fresh)
            )
            return refusal or await show(request, found)

        return endpoint

    return decorate


def account_page(*, fresh: bool = False) -> Callable[[AccountPage], Endpoint]:
    """A page about the user itself, open with or without an organisation."""

    def decorate(show: AccountPage) -> Endpoint:
        @wraps(show)
        async def endpoint(request: Request) -> Response:
            found = await _enter(request)
            if isinstance(found, Response):
                return found
            refusal = await _form_refused(request, found) or _asked_again(request, found, fresh=fresh)
            return refusal or await show(request, found)

        return endpoint

    return decorate


def halfway_page(show: HalfwayPage) -> Endpoint:
    """A page between password and code."""

    @wraps(show)
    async def endpoint(request: Request) -> Response:
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
        platform = platform_of(request)
        token, signed_in = await _find(request)
        if token is not None and signed_in is None:
            async with platform.database.reading() as conn:
                is_throttled = await people.is_throttled(conn, token)
            if is_throttled:
                throttled = Throttled(token=token, csrf_token=csrf_of(token))
                return await _form_refused(request, throttled) or await show(request, throttled)
        return await halfway_page(show)(request)

    return endpoint


def open_page(show: OpenPage) -> Endpoint:
    """A page for strangers; it gives the browser a token for its forms."""

    @wraps(show)
    async def endpoint(request: Request) -> Response:
        settings = platform_of(request).settings
        token = token_of(request, settings) or new_token()
        stranger = Stranger(token=token, csrf_token=csrf_of(token))
        answer = await _form_refused(request, stranger) or await show(request, stranger)
        if "set-cookie" not in answer.headers:
            set_token(answer, settings, token)
        return answer

    return endpoint


def render(
    request: Request,
    visitor: Visitor | Newcomer | Halfway | Throttled | Stranger,
    template: str,
    *,
    status: int = 200,
    **values: object,
) -> Response:
    """A page: within the portal for who is logged in; for others `stranger` is what its forms are made with."""
    whose = "visitor" if isinstance(visitor, Visitor | Newcomer) else "stranger"
    return shown(request, template, {whose: visitor, **values}, status=status)


def forbidden(
    request: Request, visitor: Visitor | Newcomer | Halfway | Throttled | Stranger, why: str = "permission"
) -> Response:
    """Refuse, and say why: for want of a `permission`, or because of the `form`."""
    return render(request, visitor, "people/refused.html", status=403, why=why)


def session_terms(settings: Settings) -> SessionTerms:
    """How long sessions last in this deployment."""
    return SessionTerms(settings.session_idle_seconds, settings.session_limit_seconds, settings.fresh_code_seconds)


async def is_signed_in(request: Request) -> bool:
    """Whether the browser has a session, complete or halfway."""
    _, signed_in = await _find(request)
    return signed_in is not None


async def _enter(request: Request) -> Visitor | Newcomer | Response:
    """Find out who is asking, or where to send them first."""
    token, signed_in = await _find(request)
    is_inside = signed_in is not None and signed_in.session.second_factor_at is not None
    here = request.url.path if request.method == "GET" else HOME
    if request.method == "GET" and request.url.query:
        here = f"{here}?{request.url.query}"
    if request.method == "POST" and not is_inside and await form_marks.keep(request):
        here = KEPT
    if token is None or signed_in is None:
        return go(request, with_next(LOG_IN, here))
    if not signed_in.user.has_second_factor:
        return go(request, with_next(ENROL, here))
    if signed_in.session.second_factor_at is None:
        return go(request, with_next(GIVE_CODE, here))
    environment: Environment | None = request.path_params.get("environment")
    async with platform_of(request).database.reading() as conn:
        return await _looking_at(conn, platform_of(request).settings, signed_in, csrf_of(token), environment)


async def _find(request: Request) -> tuple[str | None, SignedIn | None]:
    platform = platform_of(request)
    token = token_of(request, platform.settings)
    if token is None:
        return None, None
    async with platform.database.reading() as conn:
        return token, await people.signed_in(conn, token, session_terms(platform.settings))


async def _looking_at(
    conn: Connection, settings: Settings, signed_in: SignedIn, csrf_token: str, environment: Environment | None
) -> Visitor | Newcomer:
    """The organisation that a session looks at: the one chosen last while the user belongs to it, else the first."""
    user, session = signed_in.user, signed_in.session
    members = {member.organisation_id: member for member in await people.memberships(conn, user.id)}
    if not members:
        return Newcomer(
            user=user,
            session=session,
            is_fresh=signed_in.is_fresh,
            csrf_token=csrf_token,
            form_mark=form_marks.mark_of(settings, user.id, None),
        )
    found = await organisations.find_organisations(conn, members)
    chosen = session.organisation_id if session.organisation_id in members else next(iter(members))
    apps = [] if environment is None else await organisations.list_apps(conn, chosen)
    return Visitor(
        user=user,
        organisation=found[chosen],
        environment=environment,
        app=next((app for app in apps if app.environment == environment), None),
        member=members[chosen],
        session=session,
        is_fresh=signed_in.is_fresh,
        organisations=tuple(found[each] for each in members),
        csrf_token=csrf_token,
        form_mark=form_marks.mark_of(settings, user.id, chosen),
    )


async def _form_refused(
    request: Request, asking: Visitor | Newcomer | Halfway | Throttled | Stranger
) -> Response | None:
    """The refusal of a form that is not one of ours, shown to this very session."""
    is_inside = isinstance(asking, Visitor | Newcomer)
    longest = platform_of(request).settings.max_body_bytes if is_inside else LONGEST_FORM_BYTES
    match await wrong_form(request, asking.csrf_token, longest=longest):
        case None:
            return None
        case "length":
            return render(request, asking, "people/refused.html", status=413, why="length")
        case "form":
            return forbidden(request, asking, "form")


async def _of_another_organisation(request: Request, visitor: Visitor) -> Response | None:
    """The refusal of what was shown before another window turned to another organisation."""
    shown_for = request.headers.get("x-organisation")
    if shown_for is not None and shown_for != str(visitor.organisation.id):
        return Response(headers={**safe_headers(platform_of(request).settings), "HX-Refresh": "true"})
    if request.method in ("GET", "HEAD"):
        return None
    mark = form_marks.read_mark(platform_of(request).settings, await request.form())
    if mark is None or mark.organisation_id == visitor.organisation.id:
        return None
    return forbidden(request, visitor, "organisation")


def _asked_again(request: Request, visitor: Visitor | Newcomer, *, fresh: bool) -> Response | None:
    """Send who gave no code lately to give one, and back to the page where it was needed."""
    if not fresh or visitor.is_fresh:
        return None
    back = request.url.path if request.method == "GET" else section_of(request.url.path)
    return go(request, with_next(CONFIRM, back))
