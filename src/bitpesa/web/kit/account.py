"""The pages of one's own account: the same on both sites, behind the guards of each."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.problems import Invalid
from bitpesa.settings import Settings
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.model import SessionTerms
from bitpesa.tenants.users.operations import authenticator, passkeys, password, session
from bitpesa.web.kit import second_factor
from bitpesa.web.kit.address import Inside
from bitpesa.web.kit.answers import go, platform_of
from bitpesa.web.kit.cookies import set_token
from bitpesa.web.kit.forms import Errors, lock_terms, said, texts


class AccountPages(msgspec.Struct, frozen=True, kw_only=True):
    """These pages for one site: where they are, its cookie, links and sessions, and how it shows a page."""

    path: str
    cookie: str
    links_of: Callable[[Settings], Links]
    session_terms: Callable[[Settings], SessionTerms]
    render: Callable[..., Response]

    async def show(self, request: Request, asking: Inside) -> Response:
        """Show the account."""
        return await self._shown(request, asking, {})

    async def change_password(self, request: Request, asking: Inside) -> Response:
        """Replace the password by whoever knows it; other devices are logged out."""
        platform = platform_of(request)
        given = await texts(request, "known", "password")
        try:
            token = await password.change(
                platform.database,
                platform.passwords,
                platform.vault,
                asking.user,
                asking.session,
                known=given["known"],
                wanted=given["password"],
                links=self.links_of(platform.settings),
                terms=lock_terms(platform.settings),
            )
        except Invalid as refusal:
            return await self._shown(request, asking, said(refusal))
        answer = go(request, self.path)
        set_token(answer, platform.settings, token, self.cookie)
        return answer

    async def renew_recovery_codes(self, request: Request, asking: Inside) -> Response:
        """Show other recovery codes in place of those before, this once."""
        codes = await platform_of(request).database.run(authenticator.renew_recovery_codes, asking.user)
        return self.render(request, asking, "people/recovery_codes.html", codes=codes, next=self.path)

    async def offer_passkey(self, request: Request, asking: Inside) -> Response:
        """Have the browser make a passkey."""
        return await second_factor.offered(request, passkeys.offer_registration, asking.user, asking.session)

    async def add_passkey(self, request: Request, asking: Inside) -> Response:
        """Take the passkey that the browser has made."""
        links = self.links_of(platform_of(request).settings)
        try:
            is_taken = await second_factor.register(request, asking.user, asking.session, links)
        except Invalid as refusal:
            return await self._shown(request, asking, said(refusal))
        return go(request, self.path) if is_taken else await self._shown(request, asking, {}, failed=True)

    async def remove_passkey(self, request: Request, asking: Inside, passkey_id: str) -> Response:
        """Remove a passkey; one that is gone already stays so."""
        links = self.links_of(platform_of(request).settings)
        await second_factor.remove(request, asking.user, passkey_id, links)
        return go(request, self.path)

    async def end_other_sessions(self, request: Request, asking: Inside) -> Response:
        """Log every other device out."""
        await platform_of(request).database.run(session.end_other_sessions, asking.user, asking.session)
        return go(request, self.path)

    async def _shown(self, request: Request, asking: Inside, errors: Errors, *, failed: bool = False) -> Response:
        platform, party = platform_of(request), second_factor.party_of(request)
        async with platform.database.reading() as conn:
            sessions = await queries.list_sessions(conn, asking.user.id, self.session_terms(platform.settings))
            change = await queries.address_change_of(conn, asking.user.id)
            codes_left = await queries.count_recovery_codes(conn, asking.user.id)
            known_passkeys = await queries.list_passkeys(conn, asking.user.id)
        return self.render(
            request,
            asking,
            "people/account.html",
            status=422 if errors or failed else 200,
            sessions=sessions,
            codes_left=codes_left,
            change=change,
            shows_mail=platform.settings.shows_mail,
            done=request.query_params.get("done"),
            passkeys=known_passkeys,
            passkeys_at=party.origin if party else None,
            failed=failed,
            errors=errors,
        )
