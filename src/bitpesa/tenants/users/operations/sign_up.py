"""Signing up: a user is made by whoever follows the link to the address and knows the password that was chosen.

Both are asked for, since anybody can sign up with anybody's address: following a link that a stranger caused gives
nothing to the stranger, and knowing a password gives nothing without the link.
"""

from datetime import timedelta

import msgspec

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.passwords import Passwords
from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.database.statements import Row
from bitpesa.kernel.problems import FieldErrors, Invalid, add_error
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.audit_log.model import user as actor
from bitpesa.tenants.mail import operations as mail
from bitpesa.tenants.users import letters, mail_limits, rules, store, tries
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.mail_limits import Cause, MailTerms
from bitpesa.tenants.users.model import Device
from bitpesa.tenants.users.problems import AddressTaken
from bitpesa.tenants.users.tries import LockTerms


class Wanted(msgspec.Struct, frozen=True):
    """What somebody says who wants to be a user. It does not show the password when printed."""

    name: str
    email: str
    password: str

    def __repr__(self) -> str:
        return f"Wanted(email={self.email!r})"


async def sign_up(
    database: Database,
    passwords: Passwords,
    vault: Vault,
    wanted: Wanted,
    device: Device,
    links: Links,
    terms: MailTerms,
) -> str:
    """Send a link to whoever signs up, and answer the address it went to. Raises Invalid by field.

    A user who is here already is told so by mail, and the answer is the same. An address gets few such mails a day.
    """
    checked = _checked(wanted)
    kept = await passwords.hash(checked.password)
    await database.run(_write_down, vault, checked, device, kept, links, terms)
    return checked.email


async def confirm(
    database: Database, passwords: Passwords, token: str, password: str, device: Device, terms: LockTerms
) -> str | None:
    """Make the user of a link whose password this is, and log it in as far as that goes without a code.

    Answers the token of the session; None when the link is no good, the password wrong, or too much was tried.
    """
    begun, sign_up = await database.run(_begin, token, terms)
    if not await passwords.matches(password, sign_up["password_hash"] if sign_up else None) or sign_up is None:
        return None
    session_token = new_token()
    try:
        await database.run(_make_user, sign_up, begun, token_hash(session_token), device)
    except AddressTaken:
        return None
    return session_token


def _checked(wanted: Wanted) -> Wanted:
    name, email = rules.read_name(wanted.name), rules.read_address(wanted.email)
    errors: FieldErrors = {}
    if name is None:
        add_error(errors, "name", "invalid" if wanted.name.strip() else "blank")
    if email is None:
        add_error(errors, "email", "invalid" if wanted.email.strip() else "blank")
    problem = rules.password_problem(wanted.password, email or "")
    if problem is not None:
        add_error(errors, "password", problem)
    if name is None or email is None or errors:
        raise Invalid({"name": wanted.name, "email": wanted.email, "errors": errors})
    return Wanted(name, email, wanted.password)


async def _write_down(
    work: Work, vault: Vault, wanted: Wanted, device: Device, kept: str, links: Links, terms: MailTerms
) -> None:
    if not await mail_limits.may_mail(work, terms, Cause.SIGN_UP, wanted.email, device.network_address):
        return
    if await store.user_by_email(work.conn, wanted.email) is not None:
        letter = letters.already_known(links.log_in(), links.lost_password())
    else:
        token = new_token()
        good_for = timedelta(seconds=links.confirmation_seconds)
        await store.insert_sign_up(work.conn, token_hash(token), wanted.email, wanted.name, kept, good_for)
        letter = letters.confirm_address(links.confirmation(token), links.confirmation_seconds)
    await mail.send(work, vault, wanted.email, letter.subject, letter.text)


async def _begin(work: Work, token: str, terms: LockTerms) -> tuple[list[tries.Begun], Row | None]:
    """Count a try by the link, which nobody guesses: what strangers try at the log-in locks nobody out of it."""
    sign_up = await store.find_sign_up(work.conn, token_hash(token))
    begun = None if sign_up is None else await tries.begin(work, terms, tries.link_limits(terms, sign_up["id"]))
    return (begun or [], sign_up if begun is not None else None)


async def _make_user(work: Work, sign_up: Row, begun: list[tries.Begun], session_hash: bytes, device: Device) -> None:
    await tries.take_back(work, begun)
    await store.end_sign_ups(work.conn, sign_up["email"])
    user = await store.insert_user(work.conn, sign_up["name"], sign_up["email"], sign_up["password_hash"])
    await store.insert_session(work.conn, session_hash, user.id, device)
    await audit_trail.record(
        work.conn,
        actor=actor(user.email, user.id),
        action="user.signed_up",
        object_type="user",
        object_id=user.id,
        details={"network_address": device.network_address},
    )
