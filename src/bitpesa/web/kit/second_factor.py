"""What stands beside the password on both sites: a code, or a passkey that a script had the browser reply with.

Passkeys are for the configured origin of the sites, whatever host a request names. Where that is a number, as
`http://127.0.0.1:8080`, browsers have none.
"""

from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bitpesa.kernel.crypto.passkeys import RelyingParty, relying_party
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.kernel.values.ids import read_id
from bitpesa.tenants.users import queries
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.model import Session, User
from bitpesa.tenants.users.operations import log_in, passkeys, throttled
from bitpesa.web.kit.answers import device_of, platform_of, safe_headers, site_of
from bitpesa.web.kit.forms import lock_terms, text

LONGEST_REPLY = 16_384
"""What browsers say for a passkey takes one or two thousand characters, and five with papers of its maker."""

Offer = Callable[[Work, RelyingParty, User, Session], Awaitable[str]]


def party_of(request: Request) -> RelyingParty | None:
    """Whom passkeys are for; None where there can be none."""
    return relying_party(platform_of(request).settings.portal, site_of(request).name)


async def asked_for(request: Request, user: User, *, failed: bool) -> dict[str, object]:
    """What a page shows that asks: at which origin for a passkey, if the user has one; what was wrong, if it was."""
    party, form = party_of(request), await request.form()
    async with platform_of(request).database.reading() as conn:
        has_passkeys = party is not None and bool(await queries.list_passkeys(conn, user.id))
    return {
        "passkeys_at": party.origin if party is not None and has_passkeys else None,
        "failed": ("passkey" if "passkey" in form else "code") if failed else None,
        "throttled": False,
    }


def asked_with_password(*, failed: bool) -> dict[str, object]:
    """What a page shows that asks for a code while a lock is on: the same for everybody, known here or not."""
    return {"passkeys_at": None, "failed": "password or code" if failed else None, "throttled": True}


async def checked_with_password(request: Request, token: str) -> str | None:
    """Check the code that a form gives, and with it the password that was given before; None when either is wrong."""
    platform, form = platform_of(request), await request.form()
    return await platform.database.run(
        throttled.give_code,
        platform.vault,
        token,
        text(form, "code"),
        device_of(request),
        lock_terms(platform.settings),
    )


async def offered(request: Request, offer: Offer, user: User, session: Session) -> Response:
    """What the browser's script hands to the browser, or 404 where there is nothing to hand over."""
    platform, party = platform_of(request), party_of(request)
    headers = safe_headers(platform.settings)
    if party is None:
        return Response(status_code=404, headers=headers)
    try:
        options = await platform.database.run(offer, party, user, session)
    except NotFound:
        return Response(status_code=404, headers=headers)
    return Response(options, media_type="application/json", headers=headers)


async def checked(request: Request, user: User, session: Session) -> str | None:
    """Check what a form gives, a code or a passkey, and answer the new token of the session; None when it is wrong."""
    platform, form = platform_of(request), await request.form()
    terms = lock_terms(platform.settings)
    if "passkey" not in form:
        return await platform.database.run(log_in.give_code, platform.vault, user, session, text(form, "code"), terms)
    party = party_of(request)
    if party is None:
        return None
    return await platform.database.run(log_in.give_passkey, party, user, session, _reply(form), terms)


async def register(request: Request, user: User, session: Session, links: Links) -> bool:
    """Register the passkey that a form brings; False when it is not taken. Raises Invalid, by the field `name`."""
    platform, party, form = platform_of(request), party_of(request), await request.form()
    if party is None:
        return False
    return await platform.database.run(
        passkeys.register, platform.vault, party, user, session, text(form, "name"), _reply(form), links
    )


async def remove(request: Request, user: User, passkey_id: str, links: Links) -> None:
    """Remove a passkey of one's own; one that is gone already stays so."""
    platform, known_id = platform_of(request), read_id(passkey_id)
    if known_id is None:
        return
    try:
        await platform.database.run(passkeys.remove, platform.vault, user, known_id, links)
    except NotFound:
        return


def _reply(form: FormData) -> str:
    given = form.get("passkey")
    return given if isinstance(given, str) and len(given) <= LONGEST_REPLY else ""
