"""What is known of users, their sessions, members and invitations."""

from collections.abc import Iterable
from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.tokens import token_hash
from bitpesa.kernel.database.statements import Connection
from bitpesa.tenants.users import rules, store
from bitpesa.tenants.users.model import (
    AddressChange,
    Invitation,
    Member,
    Passkey,
    Session,
    SessionTerms,
    SignedIn,
    User,
    UserKind,
)

MOST_ORGANISATIONS = 1_000
"""Among how many organisations somebody is looked for: whose address matches more of them has to be named better."""


async def signed_in(
    conn: Connection, token: str, terms: SessionTerms, kind: UserKind = UserKind.CLIENT
) -> SignedIn | None:
    """The session of a token, while it is good and of that kind, and its user; notes that it was seen."""
    return await store.find_session(conn, token_hash(token), terms, kind)


async def is_throttled(conn: Connection, token: str, kind: UserKind = UserKind.CLIENT) -> bool:
    """Whether a token is of a log-in that was begun while a lock was on, and waits for a code."""
    return await store.is_throttled_log_in(conn, token_hash(token), kind)


async def memberships(conn: Connection, user_id: UUID) -> list[Member]:
    """What a user may do, by organisation, in the order of joining."""
    return await store.members_of_user(conn, user_id)


async def list_members(conn: Connection, organisation_id: UUID) -> list[tuple[User, Member]]:
    """The members of an organisation, in the order of joining."""
    members = await store.members(conn, organisation_id)
    users = await store.find_users(conn, [member.user_id for member in members])
    return [(users[member.user_id], member) for member in members]


async def find_member(conn: Connection, organisation_id: UUID, user_id: UUID) -> tuple[User, Member] | None:
    """One member of an organisation."""
    found = await list_members(conn, organisation_id)
    return next(((user, member) for user, member in found if user.id == user_id), None)


async def find_users(conn: Connection, user_ids: Iterable[UUID]) -> dict[UUID, User]:
    """Users, by id."""
    return await store.find_users(conn, user_ids)


async def find_user_by_email(conn: Connection, email: str) -> User | None:
    """The user of an address, however it is spelt."""
    return await store.user_by_email(conn, email.strip().lower())


async def list_users(conn: Connection) -> list[User]:
    """Every user of clients, oldest first."""
    return await store.list_users(conn)


async def page_of_users(
    conn: Connection, who: str | None = None, *, limit: int, offset: int = 0
) -> tuple[list[User], int]:
    """Users of clients whose address or name has a text in it, the newest first; how many there are."""
    return await store.page_of_clients(conn, who, limit=limit, offset=offset)


async def organisations_of(conn: Connection, who: str) -> list[UUID]:
    """Organisations that have a member whose address has a text in it."""
    return await store.organisations_of(conn, who, MOST_ORGANISATIONS)


async def list_staff(conn: Connection) -> list[User]:
    """Every one of staff, oldest first."""
    return await store.list_users(conn, UserKind.STAFF)


async def find_staff_by_email(conn: Connection, email: str) -> User | None:
    """One of staff, by its address."""
    return await store.user_by_email(conn, email.strip().lower(), UserKind.STAFF)


async def list_sessions(conn: Connection, user_id: UUID, terms: SessionTerms) -> list[Session]:
    """Where a user is logged in, the session seen last first."""
    return await store.sessions_of(conn, user_id, terms)


async def count_recovery_codes(conn: Connection, user_id: UUID) -> int:
    """How many recovery codes a user has left."""
    return await store.count_recovery_codes(conn, user_id)


async def list_passkeys(conn: Connection, user_id: UUID) -> list[Passkey]:
    """The passkeys of a user, oldest first."""
    return await store.passkeys_of(conn, user_id)


async def list_invitations(conn: Connection, organisation_id: UUID) -> list[Invitation]:
    """The open invitations of an organisation, newest first."""
    return await store.invitations(conn, organisation_id)


async def invitations_to(conn: Connection, email: str) -> list[Invitation]:
    """The open invitations to an address, newest first."""
    return await store.invitations_to(conn, email)


async def invitation_of_link(conn: Connection, token: str) -> Invitation | None:
    """The open invitation that a link leads to."""
    return await store.invitation_of_link(conn, token_hash(token))


async def sign_up_of_link(conn: Connection, token: str) -> str | None:
    """The address that a confirmation link confirms, while it is good."""
    row = await store.find_sign_up(conn, token_hash(token))
    return row["email"] if row else None


async def address_change_of(conn: Connection, user_id: UUID) -> AddressChange | None:
    """The address that a user wants to have, while that can still be confirmed."""
    return await store.address_change_of(conn, user_id)


async def new_address_of_link(conn: Connection, user_id: UUID, token: str) -> str | None:
    """The address that a link confirms for a user, while it is good."""
    return await store.find_address_change(conn, user_id, token_hash(token))


async def new_address_to_stop(conn: Connection, token: str, kind: UserKind = UserKind.CLIENT) -> str | None:
    """The address that a change would bring which a link stops, while it is good."""
    return await store.find_address_change_to_stop(conn, token_hash(token), kind)


async def why_not_leave(conn: Connection, organisation_id: UUID, user_id: UUID) -> str | None:
    """Why a member may not leave an organisation, as things stand now; None when it may."""
    members = {member.user_id: member for member in await store.members(conn, organisation_id)}
    return rules.judge_leaving(members, user_id)


async def address_of_password_link(conn: Connection, token: str, kind: UserKind = UserKind.CLIENT) -> str | None:
    """The address of the user whose password a link replaces, while it is good."""
    row = await store.find_password_link(conn, token_hash(token), kind)
    return row["email"] if row else None


async def older_seals(conn: Connection, vault: Vault) -> int:
    """How many secrets of authenticators an older master key is needed for."""
    return sum(not vault.is_sealed_by_newest(sealed) for sealed in await store.sealed_totp_secrets(conn))
