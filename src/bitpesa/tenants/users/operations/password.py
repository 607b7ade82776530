"""Replacing a password: a lost one by a link in the mail, a known one by whoever knows it."""

from datetime import timedelta

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.passwords import Passwords
from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.mail import operations as mail
from bitpesa.tenants.users import letters, mail_limits, rules, store, tries
from bitpesa.tenants.users.acting import acting
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.mail_limits import Cause, MailTerms
from bitpesa.tenants.users.model import Device, Session, User, UserKind
from bitpesa.tenants.users.tries import LockTerms


async def ask_for_link(work: Work, vault: Vault, email: str, device: Device, links: Links, terms: MailTerms) -> None:
    """Send a link that replaces the password to the user of an address; to nobody when nobody has it."""
    address = rules.read_address(email)
    if address is None or not await mail_limits.may_mail(
        work, terms, Cause.LOST_PASSWORD, address, device.network_address
    ):
        return
    user = await store.user_by_email(work.conn, address)
    if user is None or user.disabled_at is not None:
        return
    token = new_token()
    good_for = timedelta(seconds=links.password_seconds)
    await store.insert_password_link(work.conn, token_hash(token), user.id, good_for)
    letter = letters.replace_password(links.new_password(token), links.password_seconds)
    await mail.send(work, vault, user.email, letter.subject, letter.text)


async def replace_lost(
    database: Database,
    passwords: Passwords,
    vault: Vault,
    token: str,
    password: str,
    links: Links,
    kind: UserKind = UserKind.CLIENT,
) -> None:
    """Replace the password by a link, once. Raises NotFound for a link that is no good, Invalid by field.

    Every session ends, and so do the other links: whoever was inside is outside. A code is asked for as ever.
    """
    async with database.reading() as conn:
        link = await store.find_password_link(conn, token_hash(token), kind)
    if link is None:
        raise NotFound
    _require_good(password, link["email"])
    kept = await passwords.hash(password)
    await database.run(_replace_lost, vault, token_hash(token), kept, links)


async def change(
    database: Database,
    passwords: Passwords,
    vault: Vault,
    user: User,
    session: Session,
    *,
    known: str,
    wanted: str,
    links: Links,
    terms: LockTerms,
) -> str:
    """Replace one's password, and answer the new token of this session; the other sessions end. Raises Invalid."""
    _require_good(wanted, user.email)
    begun = await prove(database, passwords, user, session, known, terms)
    hashed = await passwords.hash(wanted)
    token = new_token()
    await database.run(_change, vault, user, session, begun, hashed, token_hash(token), links)
    return token


async def prove(
    database: Database, passwords: Passwords, user: User, session: Session, known: str, terms: LockTerms
) -> list[tries.Begun]:
    """See that somebody inside knows the password. Raises Invalid about `known`.

    The try was counted, by this session alone: what strangers try outside locks nobody inside. What is answered is for
    the caller to take back, with whatever it does next.
    """
    begun, kept = await database.run(_begin, user, session, terms)
    if not await passwords.matches(known, kept):
        raise refused("known", "invalid")
    return begun


def _require_good(password: str, email: str) -> None:
    problem = rules.password_problem(password, email)
    if problem is not None:
        raise refused("password", problem)


async def _replace_lost(work: Work, vault: Vault, link_hash: bytes, kept: str, links: Links) -> None:
    user_id = await store.use_password_link(work.conn, link_hash)
    user = None if user_id is None else await store.find_user(work.conn, user_id)
    if user is None:
        raise NotFound
    await tries.forget(work, user.email, user.kind)
    await store.end_sessions(work.conn, user.id)
    await _replace(work, vault, user, kept, links)


async def _begin(work: Work, user: User, session: Session, terms: LockTerms) -> tuple[list[tries.Begun], str | None]:
    begun = await tries.begin(work, terms, tries.inside_limits(terms, session, "passwords"))
    known = None if begun is None else await store.password_of(work.conn, user.email, user.kind)
    return (begun or [], known["password_hash"] if known else None)


async def _change(
    work: Work,
    vault: Vault,
    user: User,
    session: Session,
    begun: list[tries.Begun],
    kept: str,
    session_hash: bytes,
    links: Links,
) -> None:
    await tries.take_back(work, begun)
    await store.end_sessions(work.conn, user.id, except_id=session.id)
    await store.renew_session_token(work.conn, session.id, session_hash)
    await _replace(work, vault, user, kept, links)


async def _replace(work: Work, vault: Vault, user: User, kept: str, links: Links) -> None:
    await store.set_password(work.conn, user.id, kept)
    await store.end_password_links(work.conn, user.id)
    await store.end_address_change(work.conn, user.id)
    letter = letters.password_replaced(links.lost_password())
    await mail.send(work, vault, user.email, letter.subject, letter.text)
    await audit_trail.record(
        work.conn,
        actor=acting(user),
        action="user.password_replaced",
        object_type="user",
        object_id=user.id,
    )
