"""The pages on which somebody changes the own e-mail address: the same on both sites, behind the guards of each."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import Invalid, NotFound
from bitpesa.settings import Settings
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.model import Session, User, UserKind
from bitpesa.tenants.users.operations import address as operations
from bitpesa.tenants.users.problems import AddressTaken
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.cookies import set_token
from bitpesa.web.kit.forms import Errors, lock_terms, mail_terms, said, texts


class Inside(Protocol):
    """Somebody who is logged in."""

    @property
    def user(self) -> User:
        """Who it is."""

    @property
    def session(self) -> Session:
        """On which device."""


class AddressPages(msgspec.Struct, frozen=True, kw_only=True):
    """These pages for one site: where they lead to, its cookie, its users, its links and how it shows a page."""

    account: str
    log_in: str
    cookie: str
    kind: UserKind
    links_of: Callable[[Settings], Links]
    render: Callable[..., Response]

    async def show(self, request: Request, asking: Inside) -> Response:
        """Ask for the new address, and the password."""
        return self._form(request, asking, "", {})

    async def ask(self, request: Request, asking: Inside) -> Response:
        """Send a link to the new address. What is seen afterwards is the same whether or not somebody has it."""
        platform = platform_of(request)
        given = await texts(request, "email", "known")
        try:
            await operations.ask(
                platform.database,
                platform.passwords,
                platform.vault,
                asking.user,
                asking.session,
                email=given["email"],
                known=given["known"],
                links=self.links_of(platform.settings),
                terms=lock_terms(platform.settings),
                mail_terms=mail_terms(platform.settings),
            )
        except Invalid as refusal:
            return self._form(request, asking, given["email"], said(refusal))
        return go(request, self.account)

    async def withdraw(self, request: Request, asking: Inside) -> Response:
        """Keep the present address after all."""
        await platform_of(request).database.run(operations.withdraw, asking.user)
        return go(request, self.account)

    async def show_new(self, request: Request, asking: Inside) -> Response:
        """Ask the user who wanted it whether to take the new address; following a link alone changes nothing."""
        async with platform_of(request).database.reading() as conn:
            email = await queries.new_address_of_link(conn, asking.user.id, request.path_params["token"])
        if email is None:
            return self._gone(request, asking, self.account)
        return self.render(request, asking, "people/new_address.html", email=email)

    async def confirm(self, request: Request, asking: Inside) -> Response:
        """Take the new address; other devices are logged out."""
        platform = platform_of(request)
        try:
            token = await platform.database.run(
                operations.confirm, platform.vault, asking.user, asking.session, request.path_params["token"]
            )
        except (NotFound, AddressTaken):
            return self._gone(request, asking, self.account)
        answer = go(request, f"{self.account}?done=address")
        set_token(answer, platform.settings, token, self.cookie)
        return answer

    async def show_kept(self, request: Request, stranger: object) -> Response:
        """Ask whoever reads the mail of the present address whether to keep it."""
        async with platform_of(request).database.reading() as conn:
            email = await queries.new_address_to_stop(conn, request.path_params["token"], self.kind)
        if email is None:
            return self._gone(request, stranger, self.log_in)
        return self.render(request, stranger, "people/keep_address.html", email=email)

    async def keep(self, request: Request, stranger: object) -> Response:
        """Keep the present address, and log every device out."""
        try:
            await platform_of(request).database.run(operations.keep, request.path_params["token"], self.kind)
        except NotFound:
            return self._gone(request, stranger, self.log_in)
        return self.render(request, stranger, "people/keep_address.html", email=None)

    def _form(self, request: Request, asking: Any, email: str, errors: Errors) -> Response:
        status = 422 if errors else 200
        return self.render(request, asking, "people/address.html", status=status, email=email, errors=errors)

    def _gone(self, request: Request, asking: Any, where: str) -> Response:
        return self.render(request, asking, "people/link_gone.html", status=404, where=where)
