"""The operator's own people: their accounts are made by a command or by an administrator, never by signing up."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.passwords import Passwords
from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.kernel.database.pool import Database, Work
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.four_eyes.model import AccessKind
from bitpesa.tenants.four_eyes.operations import record_access_change
from bitpesa.tenants.mail import operations as mail
from bitpesa.tenants.users import letters, rules, store
from bitpesa.tenants.users.acting import acting
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.model import LinkDelivery, StaffRole, User, UserKind
from bitpesa.tenants.users.problems import AddressTaken


class PasswordLinks(msgspec.Struct, frozen=True):
    """What links to passwords of staff are made with, and where they go (see `rules.link_delivery`)."""

    links: Links
    vault: Vault
    has_mail_server: bool
    at_terminal: bool = False


class NewLink(msgspec.Struct, frozen=True):
    """Where a link to the password of one of staff went. `shown` is the link itself, at the terminal only."""

    user: User
    delivery: LinkDelivery
    shown: str | None = None

    def __repr__(self) -> str:
        return f"NewLink(user={self.user!r}, delivery={self.delivery!r})"


async def create(
    database: Database,
    passwords: Passwords,
    *,
    by: Actor,
    name: str,
    email: str,
    role: StaffRole,
    by_link: PasswordLinks,
) -> NewLink:
    """Create an account of staff, and have the link sent by which its owner chooses a password. Raises Invalid.

    Until the link is followed no password opens the account: nobody knows the one that it has.
    """
    known_name, address = rules.read_name(name), rules.read_address(email)
    if known_name is None:
        raise refused("name", "blank" if not name.strip() else "invalid")
    if address is None:
        raise refused("email", "invalid")
    nobody_knows = await passwords.hash(new_token())
    try:
        return await database.run(_create, by, known_name, address, role, nobody_knows, by_link)
    except AddressTaken:
        raise refused("email", "taken") from None


async def renew_link(work: Work, by: Actor, user: User, by_link: PasswordLinks) -> NewLink:
    """Have another link sent by which one of staff chooses a password; those before are no good.

    Where it cannot reach its owner, nothing is changed.
    """
    delivery = rules.link_delivery(
        has_mail_server=by_link.has_mail_server, at_terminal=by_link.at_terminal, is_first=False
    )
    if delivery is LinkDelivery.NOWHERE:
        return NewLink(user, delivery)
    await store.end_password_links(work.conn, user.id)
    link = await _new_link(work, user, by_link, delivery)
    await record_access_change(work.conn, user.id, AccessKind.PASSWORD_LINK, by=by)
    await _note(work, by, "staff.link_renewed", user, details={"delivery": delivery})
    return link


async def change_role(work: Work, changer: User, target_id: UUID | None, role: StaffRole) -> User:
    """Give one of staff another role; it counts from the next page on. Raises NotFound, Invalid."""
    target = await _judged(work, changer, target_id)
    changed = await store.set_staff_role(work.conn, target.id, role)
    if changed is None:
        raise NotFound
    before, after = {"role": target.staff_role}, {"role": role}
    await _note(work, acting(changer), "staff.role_changed", changed, before=before, after=after)
    return changed


async def change(
    work: Work,
    changer: User,
    target_id: UUID | None,
    operation: Callable[[Work, Actor, User], Awaitable[User]],
) -> User:
    """Shut one of staff out, let it in again, or forget its authenticator. Raises NotFound, Invalid."""
    target = await _judged(work, changer, target_id)
    return await operation(work, acting(changer), target)


async def _judged(work: Work, changer: User, target_id: UUID | None) -> User:
    everybody = await store.lock_staff(work.conn)
    target = None if target_id is None else everybody.get(target_id)
    if target is None:
        raise NotFound
    problem = rules.why_no_change_of_staff(everybody.get(changer.id, changer), target)
    if problem is not None:
        raise refused("base", problem)
    return target


async def _create(
    work: Work, by: Actor, name: str, email: str, role: StaffRole, password_hash: str, by_link: PasswordLinks
) -> NewLink:
    if await store.user_by_email(work.conn, email, UserKind.STAFF) is not None:
        raise AddressTaken
    delivery = rules.link_delivery(
        has_mail_server=by_link.has_mail_server,
        at_terminal=by_link.at_terminal,
        is_first=not await store.list_users(work.conn, UserKind.STAFF),
    )
    user = await store.insert_user(work.conn, name, email, password_hash, role)
    await record_access_change(work.conn, user.id, AccessKind.CREATED, by=by)
    await _note(
        work, by, "staff.created", user, after={"email": email, "role": role}, details={"link_delivery": delivery}
    )
    return await _new_link(work, user, by_link, delivery)


async def _new_link(work: Work, user: User, by_link: PasswordLinks, delivery: LinkDelivery) -> NewLink:
    if delivery is LinkDelivery.NOWHERE:
        return NewLink(user, delivery)
    token, seconds = new_token(), by_link.links.password_seconds
    await store.insert_password_link(work.conn, token_hash(token), user.id, timedelta(seconds=seconds))
    link = by_link.links.new_password(token)
    if delivery is LinkDelivery.TERMINAL:
        return NewLink(user, delivery, link)
    letter = letters.staff_password(link, seconds)
    await mail.send(work, by_link.vault, user.email, letter.subject, letter.text)
    return NewLink(user, delivery)


async def _note(work: Work, by: Actor, action: str, user: User, **more: Any) -> None:
    await audit_trail.record(work.conn, actor=by, action=action, object_type="user", object_id=user.id, **more)
