"""What every form of the portal carries: for whom it was shown, and for which organisation, signed by us.

A form that is sent while another window shows another organisation is refused. A form that is sent after the session
ended is kept for the user to whom it was shown, and for nobody else: a form of another site has no mark, and a mark
that somebody else was given keeps nothing for this user.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request

from bitpesa.kernel.crypto.signed_links import SignedLinks
from bitpesa.kernel.values.ids import read_id
from bitpesa.settings import Settings
from bitpesa.tenants.users.model import KeptForm
from bitpesa.tenants.users.operations import kept_forms
from bitpesa.web.kit.answers import LONGEST_FORM_BYTES, platform_of
from bitpesa.web.kit.next_page import HOME, safe_next

FIELD = "shown_to"
"""The name of the field."""

NOBODY = "-"
"""In place of an organisation, for a user who belongs to none."""

MAX_FIELDS = 100
SECRETS = frozenset({"csrf", FIELD, "password", "known", "passkey", "otp"})
"""Fields that are never kept."""
NEVER_KEPT = (f"{HOME}/account", f"{HOME}/confirm", "/log-")
"""Forms below these ask for secrets, or end a session."""


class FormMark(msgspec.Struct, frozen=True):
    """To whom a form was shown, and for which organisation."""

    user_id: UUID
    organisation_id: UUID | None


def mark_of(settings: Settings, user_id: UUID, organisation_id: UUID | None) -> str:
    """The mark that a form carries; it is good for as long as a session may last."""
    shown = f"{user_id}/{organisation_id or NOBODY}"
    ends_at = datetime.now(UTC) + timedelta(seconds=settings.session_limit_seconds)
    return f"{shown}?{_signer(settings).query(shown, ends_at)}"


def read_mark(settings: Settings, form: FormData) -> FormMark | None:
    """The mark of a form; None when it has none, or none of ours."""
    given = form.get(FIELD)
    if not isinstance(given, str) or not given.isascii():
        return None
    shown, _, query = given.partition("?")
    ends_at = _signer(settings).end_of(shown, query.encode())
    if ends_at is None or ends_at < datetime.now(UTC):
        return None
    user, _, organisation = shown.partition("/")
    user_id = read_id(user)
    return None if user_id is None else FormMark(user_id, read_id(organisation))


async def keep(request: Request) -> bool:
    """Keep what somebody sent whose session is over, to be shown again after log-in; False when it is not kept."""
    length = request.headers.get("content-length", "")
    path = safe_next(request.url.path)
    if not length.isdigit() or int(length) > LONGEST_FORM_BYTES or path.startswith(NEVER_KEPT):
        return False
    platform = platform_of(request)
    form = await request.form(max_fields=MAX_FIELDS)
    mark = read_mark(platform.settings, form)
    if mark is None:
        return False
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in SECRETS]
    kept = KeptForm(organisation_id=mark.organisation_id, path=path, fields=fields)
    await platform.database.run(kept_forms.keep, mark.user_id, kept)
    return True


def _signer(settings: Settings) -> SignedLinks:
    return SignedLinks(settings.master_keys, "forms of the portal")
