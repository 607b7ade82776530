"""What names, addresses, passwords and passkeys may be, and who may give whom which permission: from plain values."""

import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum
from importlib import resources
from uuid import UUID

import msgspec

from bitpesa.kernel.values import names
from bitpesa.kernel.values.text import clean_text
from bitpesa.tenants.users.model import ALL_PERMISSIONS, LinkDelivery, Member, Permission, StaffRole, User

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
LONGEST_NAME = 100
LONGEST_ADDRESS = 254
"""As RFC 5321 has it."""
MOST_PASSKEYS = 20
"""How many a user has at most."""

COMMON_PASSWORDS = frozenset(
    resources.files(__package__).joinpath("common_passwords.txt").read_text(encoding="ascii").split()
)
"""What is tried first."""

_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]+")
_NETWORK_OF_SIX = 64
"""One subscriber has all the addresses of such a network."""


class RefusedGrant(StrEnum):
    """Why a change of what members may do is refused."""

    NOT_HELD_HERE = "asks for Roles/Write"
    OWN_ROW = "only an administrator changes what he may do himself"
    ADMINISTRATOR = "only an administrator makes, changes or removes an administrator"
    NOT_HELD = "nobody gives what he does not hold"
    LAST_ADMINISTRATOR = "an organisation keeps one administrator"
    NO_MEMBER = "there is no such member"
    NO_ADMINISTRATOR_OF_STAFF = "only an administrator changes staff"
    NOT_OF_STAFF = "that is nobody of staff"
    ONESELF = "nobody changes his own role, or shuts himself out"


# -- names, addresses, passwords, passkeys


def read_address(text: str) -> str | None:
    """An e-mail address in the one form in which it is kept; None when it is none."""
    local, at, domain = clean_text(text).strip().lower().rpartition("@")
    if not at:
        return None
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
    return address if len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) else None


def new_address_problem(text: str, present: str) -> str | None:
    """What is wrong with the address that a user wants: `blank`, `invalid` or `same`; None when nothing is."""
    address = read_address(text)
    if address is None:
        return "invalid" if text.strip() else "blank"
    return "same" if address == present else None


def read_name(text: str) -> str | None:
    """A name as it is kept; None when it is none."""
    return names.read_name(text, LONGEST_NAME)


def password_problem(password: str, address: str) -> str | None:
    """What is wrong with a new password: `too_short`, `too_long` or `too_easy`; None when nothing is."""
    if len(password) < SHORTEST_PASSWORD:
        return "too_short"
    if len(password) > LONGEST_PASSWORD:
        return "too_long"
    plain = password.strip().casefold()
    guesses = {address, address.partition("@")[0], address.partition("@")[2], address.replace("@", "")}
    if plain in COMMON_PASSWORDS or plain in guesses or len(set(plain)) <= len("ab"):
        return "too_easy"
    return None


def passkey_problem(name: str, held: int) -> str | None:
    """What is wrong with a further passkey of that name: `blank`, `invalid` or `too_many`; None when nothing is."""
    if held >= MOST_PASSKEYS:
        return "too_many"
    if read_name(name) is None:
        return "invalid" if name.strip() else "blank"
    return None


def has_counted_back(known: int, said: int) -> bool:
    """Whether an authenticator counts no further than it had: then two have the same key, and one is a copy.

    Those that do not count say 0 each time.
    """
    return (known > 0 or said > 0) and said <= known


def network_of(address: str) -> str:
    """The network that an address belongs to as far as one subscriber may change it: counted as one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, _NETWORK_OF_SIX), strict=False))
    return str(ip)


# -- staff


def link_delivery(*, has_mail_server: bool, at_terminal: bool, is_first: bool) -> LinkDelivery:
    """How a link to the password of one of staff reaches its owner: never by way of whoever makes it, if possible.

    Whoever reads the link can be that person. At the terminal it is shown for the first account, which nobody else
    could hand over, and while nothing can be mailed: there sits somebody who has the master keys and the database.
    """
    if at_terminal and (is_first or not has_mail_server):
        return LinkDelivery.TERMINAL
    return LinkDelivery.MAIL if has_mail_server else LinkDelivery.NOWHERE


def why_no_change_of_staff(changer: User, target: User) -> str | None:
    """Why one of staff may not change another's role, or shut it out; None when it may.

    Nobody changes himself: so there is always an administrator left who can.
    """
    if changer.staff_role is not StaffRole.ADMINISTRATOR or changer.disabled_at is not None:
        return RefusedGrant.NO_ADMINISTRATOR_OF_STAFF
    if target.staff_role is None:
        return RefusedGrant.NOT_OF_STAFF
    if changer.id == target.id:
        return RefusedGrant.ONESELF
    return None


# -- permissions


def read_permissions(texts: object) -> frozenset[Permission]:
    """The permissions among what a form says."""
    known = {permission.value: permission for permission in Permission}
    return frozenset(known[text] for text in texts if text in known) if isinstance(texts, list) else frozenset()


def judge_offer(actor: Member | None, wanted: frozenset[Permission], *, administrator: bool = False) -> str | None:
    """Whether a member may offer these permissions to somebody new; why not, when not.

    An offer is judged when it is made and once more when it is accepted: it is worth what its maker may still give.
    """
    if actor is None or not actor.may(Permission.ROLES_WRITE):
        return RefusedGrant.NOT_HELD_HERE
    if administrator and not actor.is_administrator:
        return RefusedGrant.ADMINISTRATOR
    if not wanted <= actor.permissions:
        return RefusedGrant.NOT_HELD
    return None


def judge_change(
    members: Mapping[UUID, Member],
    actor_id: UUID,
    target_id: UUID,
    wanted: frozenset[Permission],
    *,
    administrator: bool,
) -> str | None:
    """Whether a member may give another these permissions in place of those it has; why not, when not (flows 12).

    Nobody gives what he does not hold, nobody but an administrator changes his own row, and one administrator stays.
    Taking away asks for `Roles/Write` alone.
    """
    actor, target = members.get(actor_id), members.get(target_id)
    if actor is None or not actor.may(Permission.ROLES_WRITE):
        return RefusedGrant.NOT_HELD_HERE
    if target is None:
        return RefusedGrant.NO_MEMBER
    if actor_id == target_id and not actor.is_administrator:
        return RefusedGrant.OWN_ROW
    if (target.is_administrator or administrator) and not actor.is_administrator:
        return RefusedGrant.ADMINISTRATOR
    if not wanted - target.permissions <= actor.permissions:
        return RefusedGrant.NOT_HELD
    if target.is_administrator and not administrator and _administrators(members) == 1:
        return RefusedGrant.LAST_ADMINISTRATOR
    return None


def judge_removal(members: Mapping[UUID, Member], actor_id: UUID, target_id: UUID) -> str | None:
    """Whether a member may take another out of the organisation; why not, when not."""
    return judge_change(members, actor_id, target_id, frozenset(), administrator=False)


def judge_leaving(members: Mapping[UUID, Member], user_id: UUID) -> str | None:
    """Whether a member may leave the organisation by itself; why not, when not. It takes no permission."""
    member = members.get(user_id)
    if member is None:
        return RefusedGrant.NO_MEMBER
    if member.is_administrator and _administrators(members) == 1:
        return RefusedGrant.LAST_ADMINISTRATOR
    return None


def changed(member: Member, wanted: frozenset[Permission], *, administrator: bool) -> Member:
    """A member with other permissions; an administrator has no need of any."""
    granted = frozenset() if administrator else wanted & ALL_PERMISSIONS
    return msgspec.structs.replace(member, is_administrator=administrator, granted=granted)


def _administrators(members: Mapping[UUID, Member]) -> int:
    return sum(member.is_administrator for member in members.values())
