"""The operator's own people: their accounts are made by a command or by an administrator, never by signing up."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from bitpesa.audit_trail import operations as audit_trail
from bitpesa.audit_trail.model import Actor
from bitpesa.kernel.database import Database, Work
from bitpesa.kernel.passwords import Passwords
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.kernel.tokens import new_token, token_hash
from bitpesa.people import rules, store
from bitpesa.people.acting import acting
from bitpesa.people.links import Links
from bitpesa.people.model import StaffRole, User, UserKind
from bitpesa.people.problems import AddressTaken


async def create(
    database: Database,
    passwords: Passwords,
    *,
    by: Actor,
    name: str,
    email: str,
    role: StaffRole,
    links: Links,
) -> tuple[User, str]:
    """Make an account of staff, and answer it with the link by which its password is chosen. Raises Invalid.

    The link is handed over by whoever makes the account and never mailed: a sandbox shows its mail to everybody. Until
    it is followed no password opens the account: nobody knows the one that it has.
    """
    known_name, address = rules.read_name(name), rules.read_address(email)
    if known_name is None:
        raise refused("name", "blank" if not name.strip() else "invalid")
    if address is None:
        raise refused("email", "invalid")
    nobody_knows = await passwords.hash(new_token())
    try:
        return await database.run(_create, by, known_name, address, role, nobody_knows, links)
    except AddressTaken:
        raise refused("email", "taken") from None


async def renew_link(work: Work, by: Actor, user: User, links: Links) -> str:
    """Answer another link by which one of staff chooses a password; those before are no good."""
    await store.end_password_links(work.conn, user.id)
    link = await _new_link(work, user, links)
    await _note(work, by, "staff.link_renewed", user)
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
    work: Work, by: Actor, name: str, email: str, role: StaffRole, password_hash: str, links: Links
) -> tuple[User, str]:
    if await store.user_by_email(work.conn, email, UserKind.STAFF) is not None:
        raise AddressTaken
    user = await store.insert_user(work.conn, name, email, password_hash, role)
    await _note(work, by, "staff.created", user, after={"email": email, "role": role})
    return user, await _new_link(work, user, links)


async def _new_link(work: Work, user: User, links: Links) -> str:
    token = new_token()
    good_for = timedelta(seconds=links.password_seconds)
    await store.insert_password_link(work.conn, token_hash(token), user.id, good_for)
    return links.new_password(token)


async def _note(work: Work, by: Actor, action: str, user: User, **more: Any) -> None:
    await audit_trail.record(work.conn, actor=by, action=action, object_type="user", object_id=user.id, **more)
