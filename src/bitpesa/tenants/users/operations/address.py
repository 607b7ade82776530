"""Changing one's e-mail address: asked for with the password, confirmed from the new one, to be stopped from the old.

Confirming takes both the link and the session of the user who asked, as signing up takes link and password: whoever
reads a mistyped address gets nothing.
"""

from collections.abc import Mapping
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
from bitpesa.tenants.users.letters import Text
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.mail_limits import MailTerms
from bitpesa.tenants.users.model import Session, User, UserKind
from bitpesa.tenants.users.operations import password
from bitpesa.tenants.users.tries import LockTerms


async def ask(
    database: Database,
    passwords: Passwords,
    vault: Vault,
    user: User,
    session: Session,
    *,
    email: str,
    known: str,
    links: Links,
    terms: LockTerms,
    mail_terms: MailTerms,
) -> None:
    """Send a link to the new address, and word of it to the present one. Raises Invalid by field.

    It takes the place of a change that still waits. When somebody has the new address already everything looks the
    same, but its owner is told in place of getting a link.
    """
    problem = rules.new_address_problem(email, user.email)
    if problem is not None:
        raise refused("email", problem)
    address = rules.read_address(email) or ""
    begun = await password.prove(database, passwords, user, session, known, terms)
    await database.run(_write_down, vault, user, session, begun, address, links, mail_terms)


async def confirm(work: Work, vault: Vault, user: User, session: Session, token: str) -> str:
    """Take the new address by the link that went there, and answer the new token of this session; others end.

    What was sent to the old address to replace the password is no good any more. Invitations stay with the address
    that they were made to. Raises NotFound for a link that is no good for this user, AddressTaken.
    """
    address = await store.take_address_change(work.conn, user.id, token_hash(token))
    if address is None:
        raise NotFound
    await store.set_email(work.conn, user.id, address)
    if user.kind is UserKind.CLIENT:
        await store.end_sign_ups(work.conn, address)
    await tries.forget(work, address, user.kind)
    await store.end_password_links(work.conn, user.id)
    await store.end_sessions(work.conn, user.id, except_id=session.id)
    session_token = new_token()
    await store.renew_session_token(work.conn, session.id, token_hash(session_token))
    await _send(work, vault, user.email, letters.address_changed(address))
    await _note(work, user, "user.address_changed", before={"email": user.email}, after={"email": address})
    return session_token


async def keep(work: Work, token: str, kind: UserKind = UserKind.CLIENT) -> None:
    """Stop a change by the link that went to the present address. Raises NotFound for a link that is no good.

    Every session ends: if it was not the user who asked, somebody is inside.
    """
    user_id = await store.end_address_change_of_link(work.conn, token_hash(token), kind)
    user = None if user_id is None else await store.find_user(work.conn, user_id)
    if user is None:
        raise NotFound
    await store.end_sessions(work.conn, user.id)
    await _note(work, user, "user.address_kept", details={"by": "link"})


async def withdraw(work: Work, user: User) -> None:
    """Stop a change of one's own. What was confirmed or stopped already stays so."""
    if await store.end_address_change(work.conn, user.id):
        await _note(work, user, "user.address_kept", details={"by": "session"})


async def _write_down(
    work: Work,
    vault: Vault,
    user: User,
    session: Session,
    begun: list[tries.Begun],
    address: str,
    links: Links,
    terms: MailTerms,
) -> None:
    await tries.take_back(work, begun)
    to_confirm, to_keep, seconds = new_token(), new_token(), links.confirmation_seconds
    await store.put_address_change(
        work.conn, user.id, address, token_hash(to_confirm), token_hash(to_keep), timedelta(seconds=seconds)
    )
    await _send(work, vault, user.email, letters.address_to_change(address, links.keep_address(to_keep), seconds))
    await _note(work, user, "user.address_change_asked", after={"email": address})
    if not await mail_limits.may_ask_for_address(work, terms, user.id, address, session.network_address):
        return
    if await store.user_by_email(work.conn, address, user.kind) is not None:
        letter = letters.address_wanted(links.log_in(), links.lost_password())
    else:
        letter = letters.confirm_new_address(links.new_address(to_confirm), seconds)
    await _send(work, vault, address, letter)


async def _send(work: Work, vault: Vault, address: str, letter: Text) -> None:
    await mail.send(work, vault, address, letter.subject, letter.text)


async def _note(
    work: Work,
    user: User,
    action: str,
    *,
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
    details: Mapping[str, str] | None = None,
) -> None:
    await audit_trail.record(
        work.conn,
        actor=acting(user),
        action=action,
        object_type="user",
        object_id=user.id,
        before=before,
        after=after,
        details=details,
    )
