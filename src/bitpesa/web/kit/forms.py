"""What forms of people say back: field by field, in words."""

from collections.abc import Sequence
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.requests import Request

from bitpesa.kernel.problems import Invalid
from bitpesa.settings import Settings
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.mail_limits import MailTerms
from bitpesa.tenants.users.tries import LockTerms

WORDS = {
    "blank": "Please fill this in.",
    "invalid": "This does not look right.",
    "inclusion": "Please choose one from the list.",
    "same": "This is your address already.",
    "taken": "Somebody with this address is a member already.",
    "too_short": "Please use at least 10 characters.",
    "too_long": "Please use at most 256 characters.",
    "too_many": "You have as many as an account may have. Please remove one first.",
    "too_many_today": "That was enough mail for one day. Please try again tomorrow.",
    "too_easy": "This is one of the first that is tried. Please choose another.",
}

LONGEST = 1_000
"""No field of these forms is longer."""

Errors = dict[str, Sequence[str]]


def said(refusal: Invalid) -> Errors:
    """The problems of a form by field, in words."""
    (about,) = refusal.object if isinstance(refusal.object, list) else (refusal.object,)
    return {field: [WORDS[each["error"]] for each in errors] for field, errors in about["errors"].items()}


async def texts(request: Request, *names: str) -> dict[str, str]:
    """The fields of a form by name; those that are missing or no text are empty."""
    form = await request.form()
    return {name: text(form, name) for name in names}


def text(form: FormData, name: str) -> str:
    """One field of a form."""
    value = form.get(name)
    return value[:LONGEST] if isinstance(value, str) else ""


def chosen(form: FormData, name: str) -> list[str]:
    """Every value of a field that may be chosen several times."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def links_of(settings: Settings) -> Links:
    """The links in our mail."""
    return Links(
        settings.portal,
        settings.confirmation_link_seconds,
        settings.password_link_seconds,
        settings.invitation_seconds,
    )


def mail_terms(settings: Settings) -> MailTerms:
    """How much mail somebody may cause in a day."""
    return MailTerms(
        to_address=settings.mails_to_address_per_day,
        to_address_from_network=settings.mails_to_address_from_network_per_day,
        invitations=settings.invitations_per_day,
    )


def lock_terms(settings: Settings) -> LockTerms:
    """When log-in is locked, and for how long."""
    return LockTerms(
        settings.log_in_failures_until_locked,
        settings.network_failures_until_locked,
        timedelta(seconds=settings.log_in_lock_seconds),
    )
