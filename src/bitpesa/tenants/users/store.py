"""The rows of users, their sessions, members and invitations."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg

from bitpesa.kernel.crypto.passkeys import Credential
from bitpesa.kernel.database.statements import Connection, Row, load
from bitpesa.kernel.values.ids import new_id
from bitpesa.tenants.users.model import (
    AddressChange,
    Device,
    Invitation,
    KeptForm,
    Member,
    Passkey,
    Permission,
    Session,
    SessionTerms,
    SignedIn,
    StaffRole,
    User,
    UserKind,
)
from bitpesa.tenants.users.problems import AddressTaken, AlreadyMember

_sql = load(__package__, "users.sql")

KEPT_FORMS_LAST = timedelta(hours=1)
"""How long a form waits for its user to log in."""


# -- signing up


async def insert_sign_up(
    conn: Connection, token_hash: bytes, email: str, name: str, password_hash: str, good_for: timedelta
) -> None:
    """Write who wants to be a user."""
    await _sql.insert_sign_up.run(conn, new_id(), token_hash, email, name, password_hash, good_for)


async def find_sign_up(conn: Connection, token_hash: bytes) -> Row | None:
    """Read who wants to be a user, by the link while it is good."""
    return await _sql.sign_up.row(conn, token_hash)


async def end_sign_ups(conn: Connection, email: str) -> None:
    """Delete whatever signed up for an address."""
    await _sql.end_sign_ups.run(conn, email)


# -- users


async def insert_user(
    conn: Connection, name: str, email: str, password_hash: str, role: StaffRole | None = None
) -> User:
    """Write a user: of staff, when it has a role. Raises AddressTaken."""
    kind = UserKind.CLIENT if role is None else UserKind.STAFF
    with _one_user_an_address():
        return _read_user(await _sql.insert_user.one(conn, new_id(), name, email, password_hash, kind, role))


async def find_user(conn: Connection, user_id: UUID) -> User | None:
    """Read a user."""
    return _user(await _sql.user.row(conn, user_id))


async def find_users(conn: Connection, user_ids: Iterable[UUID]) -> dict[UUID, User]:
    """Read users, by id."""
    return {row["id"]: _read_user(row) for row in await _sql.users.rows(conn, list(user_ids))}


async def user_by_email(conn: Connection, email: str, kind: UserKind = UserKind.CLIENT) -> User | None:
    """Read the user of an address."""
    return _user(await _sql.user_by_email.row(conn, email, kind))


async def list_users(conn: Connection, kind: UserKind = UserKind.CLIENT) -> list[User]:
    """Read every user of a kind, oldest first."""
    return [_read_user(row) for row in await _sql.list_users.rows(conn, kind)]


async def page_of_clients(conn: Connection, who: str | None, *, limit: int, offset: int) -> tuple[list[User], int]:
    """Users of clients whose address or name has a text in it, the newest first; how many there are."""
    rows = await _sql.page_of_clients.rows(conn, who, limit, offset)
    return [_read_user(row) for row in rows], int(await _sql.count_clients.value(conn, who))


async def organisations_of(conn: Connection, who: str, limit: int) -> list[UUID]:
    """The organisations that have a member whose address has a text in it."""
    return [row["organisation_id"] for row in await _sql.organisations_of.rows(conn, who, limit)]


async def lock_staff(conn: Connection) -> dict[UUID, User]:
    """Read all of staff, by id, and keep others from changing them."""
    return {row["id"]: _read_user(row) for row in await _sql.lock_staff.rows(conn)}


async def set_staff_role(conn: Connection, user_id: UUID, role: StaffRole) -> User | None:
    """Write the role of one of staff; None when there is no such one."""
    return _user(await _sql.set_staff_role.row(conn, user_id, role))


async def password_of(conn: Connection, email: str, kind: UserKind = UserKind.CLIENT) -> Row | None:
    """Read id and password hash of the user of an address, whether it is disabled, and has an authenticator."""
    return await _sql.password_of.row(conn, email, kind)


async def set_password(conn: Connection, user_id: UUID, password_hash: str) -> None:
    """Write a password hash."""
    await _sql.set_password.run(conn, user_id, password_hash)


async def set_disabled(conn: Connection, user_id: UUID, *, disabled: bool) -> User | None:
    """Shut a user out, or let it in again."""
    return _user(await _sql.disable_user.row(conn, user_id, disabled))


# -- second factor


async def totp_secret(conn: Connection, user_id: UUID) -> bytes | None:
    """Read the sealed secret of an authenticator that was enrolled or proposed."""
    row = await _sql.totp_secret.row(conn, user_id)
    return row["sealed_totp_secret"] if row else None


async def propose_totp_secret(conn: Connection, user_id: UUID, sealed_secret: bytes) -> bytes | None:
    """Write the sealed secret to show, unless there is one; answers the one that counts, None once enrolled."""
    row = await _sql.propose_totp_secret.row(conn, user_id, sealed_secret)
    return row["sealed_totp_secret"] if row else None


async def take_totp_step(conn: Connection, user_id: UUID, step: int) -> bool:
    """Use up a step, and whatever came before it; False when it was used up already."""
    return await _sql.take_totp_step.row(conn, user_id, step) is not None


async def reset_totp(conn: Connection, user_id: UUID) -> User | None:
    """Forget an authenticator, its recovery codes and passkeys."""
    await _sql.delete_recovery_codes.run(conn, user_id)
    await _sql.delete_passkeys.run(conn, user_id)
    return _user(await _sql.reset_totp.row(conn, user_id))


async def sealed_totp_secrets(conn: Connection) -> list[bytes]:
    """Read every sealed secret of an authenticator."""
    return [row["sealed_totp_secret"] for row in await _sql.sealed_totp_secrets.rows(conn)]


async def lock_sealed_totp_secrets(conn: Connection) -> dict[UUID, bytes]:
    """Read every sealed secret of an authenticator, and keep others from changing them."""
    return {row["id"]: row["sealed_totp_secret"] for row in await _sql.lock_sealed_totp_secrets.rows(conn)}


async def set_sealed_totp_secrets(conn: Connection, ids: Sequence[UUID], sealed_secrets: Sequence[bytes]) -> None:
    """Write sealed secrets of authenticators."""
    await _sql.set_sealed_totp_secrets.run(conn, ids, sealed_secrets)


async def set_recovery_codes(conn: Connection, user_id: UUID, hashes: Sequence[bytes]) -> None:
    """Write recovery codes in place of those before."""
    await _sql.delete_recovery_codes.run(conn, user_id)
    await _sql.insert_recovery_codes.run(conn, user_id, hashes)


async def use_recovery_code(conn: Connection, user_id: UUID, code_hash: bytes) -> bool:
    """Use up a recovery code; False when it is none, or was used."""
    return await _sql.use_recovery_code.row(conn, user_id, code_hash) is not None


async def count_recovery_codes(conn: Connection, user_id: UUID) -> int:
    """How many recovery codes are left."""
    return int(await _sql.count_recovery_codes.value(conn, user_id))


# -- passkeys


async def set_passkey_challenge(conn: Connection, session_id: UUID, challenge: bytes, good_for: timedelta) -> None:
    """Write the challenge that is open for a session."""
    await _sql.set_passkey_challenge.run(conn, session_id, challenge, good_for)


async def take_passkey_challenge(conn: Connection, session_id: UUID, challenge: bytes) -> bool:
    """Use up a challenge; False when it is not the one that is open for the session."""
    return await _sql.take_passkey_challenge.row(conn, session_id, challenge) is not None


async def insert_passkey(conn: Connection, user_id: UUID, name: str, credential: Credential) -> bool:
    """Write a passkey; False when it is registered already, by whomever."""
    row = await _sql.insert_passkey.row(
        conn,
        new_id(),
        user_id,
        name,
        credential.id,
        credential.public_key,
        credential.sign_count,
        credential.transports,
    )
    return row is not None


async def passkeys_of(conn: Connection, user_id: UUID) -> list[Passkey]:
    """Read the passkeys of a user, oldest first."""
    return [_passkey(row) for row in await _sql.passkeys_of.rows(conn, user_id)]


async def lock_passkey(conn: Connection, user_id: UUID, credential_id: bytes) -> Passkey | None:
    """Read a passkey of a user, and keep others from using it."""
    row = await _sql.lock_passkey.row(conn, user_id, credential_id)
    return _passkey(row) if row else None


async def use_passkey(conn: Connection, passkey_id: UUID, sign_count: int) -> None:
    """Note that a passkey was used, and what its authenticator had counted then."""
    await _sql.use_passkey.run(conn, passkey_id, sign_count)


async def delete_passkey(conn: Connection, user_id: UUID, passkey_id: UUID) -> str | None:
    """Delete a passkey of a user, and answer its name; None when there is no such one."""
    row = await _sql.delete_passkey.row(conn, user_id, passkey_id)
    return row["name"] if row else None


# -- lost passwords


async def insert_password_link(conn: Connection, token_hash: bytes, user_id: UUID, good_for: timedelta) -> None:
    """Write a link that replaces a password."""
    await _sql.insert_password_link.run(conn, token_hash, user_id, good_for)


async def find_password_link(conn: Connection, token_hash: bytes, kind: UserKind = UserKind.CLIENT) -> Row | None:
    """Read whose password a link replaces, while it is good."""
    return await _sql.password_link.row(conn, token_hash, kind)


async def use_password_link(conn: Connection, token_hash: bytes) -> UUID | None:
    """Use up a link; None when it is no good."""
    row = await _sql.use_password_link.row(conn, token_hash)
    return row["user_id"] if row else None


async def end_password_links(conn: Connection, user_id: UUID) -> None:
    """Use up every link of a user."""
    await _sql.end_password_links.run(conn, user_id)


# -- changing the address


async def set_email(conn: Connection, user_id: UUID, email: str) -> None:
    """Write the address of a user. Raises AddressTaken."""
    with _one_user_an_address():
        await _sql.set_email.run(conn, user_id, email)


async def put_address_change(
    conn: Connection, user_id: UUID, email: str, confirm_hash: bytes, keep_hash: bytes, good_for: timedelta
) -> None:
    """Write the address that a user wants to have, in place of the one that it wanted before."""
    await _sql.put_address_change.run(conn, user_id, email, confirm_hash, keep_hash, good_for)


async def address_change_of(conn: Connection, user_id: UUID) -> AddressChange | None:
    """Read the address that a user wants to have, while that can still be confirmed."""
    row = await _sql.address_change_of.row(conn, user_id)
    return AddressChange(row["email"], row["expires_at"]) if row else None


async def find_address_change(conn: Connection, user_id: UUID, confirm_hash: bytes) -> str | None:
    """Read which address a link confirms for a user, while it is good."""
    row = await _sql.address_change.row(conn, user_id, confirm_hash)
    return row["email"] if row else None


async def take_address_change(conn: Connection, user_id: UUID, confirm_hash: bytes) -> str | None:
    """Use up a link, and answer the address that it confirms for a user; None when it is no good."""
    row = await _sql.take_address_change.row(conn, user_id, confirm_hash)
    return row["email"] if row else None


async def find_address_change_to_stop(conn: Connection, keep_hash: bytes, kind: UserKind) -> str | None:
    """Read which address the change would bring that a link stops, while it is good."""
    row = await _sql.address_change_to_stop.row(conn, keep_hash, kind)
    return row["email"] if row else None


async def end_address_change_of_link(conn: Connection, keep_hash: bytes, kind: UserKind) -> UUID | None:
    """Delete the change that a link stops, and answer whose it was; None when the link is no good."""
    row = await _sql.end_address_change_of_link.row(conn, keep_hash, kind)
    return row["user_id"] if row else None


async def end_address_change(conn: Connection, user_id: UUID) -> bool:
    """Delete the change that a user waits for; False when there is none."""
    return await _sql.end_address_change.row(conn, user_id) is not None


# -- failed tries


async def begin_try(conn: Connection, subject: str, limit: int, lock: timedelta) -> int | None:
    """Count a try as failed before it is made; answers how many that makes, None when the subject is locked."""
    row = await _sql.begin_try.row(conn, subject, limit, lock)
    return row["count"] if row else None


async def forget_tries(conn: Connection, subject: str) -> None:
    """Begin counting anew."""
    await _sql.forget_tries.run(conn, subject)


async def take_back_try(conn: Connection, subject: str, *, with_lock: bool) -> None:
    """Count one less: it was no failure. `with_lock`: it was the one that locked the subject."""
    await _sql.take_back_try.run(conn, subject, with_lock)


async def count_today(conn: Connection, subject: str, most: int) -> bool:
    """Count one more on this day of UTC; False when there were as many as there may be."""
    return await _sql.count_today.row(conn, subject, most) is not None


# -- log-ins while a lock is on


async def insert_throttled_log_in(
    conn: Connection, token_hash: bytes, kind: UserKind, user_id: UUID | None, good_for: timedelta
) -> None:
    """Write a log-in whose password is judged with its code: of a user, when it was right."""
    await _sql.insert_throttled_log_in.run(conn, new_id(), token_hash, kind, user_id, good_for)


async def is_throttled_log_in(conn: Connection, token_hash: bytes, kind: UserKind) -> bool:
    """Whether a token is of such a log-in, on that site."""
    return await _sql.throttled_log_in.row(conn, token_hash, kind) is not None


async def try_throttled_log_in(conn: Connection, token_hash: bytes, most: int) -> Row | None:
    """Count a code that was given, and read whose password it was; None when there is no such log-in any more."""
    return await _sql.try_throttled_log_in.row(conn, token_hash, most)


async def end_throttled_log_in(conn: Connection, token_hash: bytes) -> None:
    """Delete such a log-in: it has become a session."""
    await _sql.end_throttled_log_in.run(conn, token_hash)


# -- sessions


async def insert_session(
    conn: Connection, token_hash: bytes, user_id: UUID, device: Device, *, with_second_factor: bool = False
) -> UUID:
    """Write a session."""
    session_id = new_id()
    await _sql.insert_session.run(
        conn, session_id, token_hash, user_id, with_second_factor, device.network_address, device.user_agent
    )
    return session_id


async def find_session(
    conn: Connection, token_hash: bytes, terms: SessionTerms, kind: UserKind = UserKind.CLIENT
) -> SignedIn | None:
    """Read a session that is still good, with its user, and note that it was seen."""
    idle, limit, fresh = (
        timedelta(seconds=each) for each in (terms.idle_seconds, terms.limit_seconds, terms.fresh_seconds)
    )
    row = await _sql.session.row(conn, token_hash, kind, idle, limit, fresh)
    if row is None:
        return None
    if row["is_to_be_touched"]:
        await _sql.touch_session.run(conn, row["id"])
    return SignedIn(_session(row), _read_user(row, row["user_id"]), row["is_fresh"])


async def pass_second_factor(conn: Connection, session_id: UUID, token_hash: bytes) -> bool:
    """Note that a code was given, under a new token; False when the session has ended."""
    return await _sql.pass_second_factor.row(conn, session_id, token_hash) is not None


async def renew_session_token(conn: Connection, session_id: UUID, token_hash: bytes) -> None:
    """Write another token of a session."""
    await _sql.renew_session_token.run(conn, session_id, token_hash)


async def look_at(conn: Connection, session_id: UUID, organisation_id: UUID) -> None:
    """Note which organisation a session looks at."""
    await _sql.look_at.run(conn, session_id, organisation_id)


async def keep_form(conn: Connection, user_id: UUID, form: KeptForm) -> None:
    """Write a form that waits for its user, in place of an earlier one."""
    await _sql.keep_form.run(conn, user_id, form.organisation_id, form.path, form.fields)


async def kept_form(conn: Connection, user_id: UUID, age: timedelta) -> KeptForm | None:
    """Read the form that waits for a user, unless it is older."""
    row = await _sql.kept_form.row(conn, user_id, age)
    if row is None:
        return None
    fields = [(str(name), str(value)) for name, value in row["fields"]]
    return KeptForm(organisation_id=row["organisation_id"], path=row["path"], fields=fields)


async def discard_form(conn: Connection, user_id: UUID) -> None:
    """Delete the form that waits for a user."""
    await _sql.discard_form.run(conn, user_id)


async def look_away(conn: Connection, user_id: UUID, organisation_id: UUID) -> None:
    """Let no session of a user look at an organisation any more."""
    await _sql.look_away.run(conn, user_id, organisation_id)


async def sessions_of(conn: Connection, user_id: UUID, terms: SessionTerms) -> list[Session]:
    """Read the sessions of a user that are good, the one seen last first."""
    idle, limit = timedelta(seconds=terms.idle_seconds), timedelta(seconds=terms.limit_seconds)
    return [_session(row) for row in await _sql.sessions_of.rows(conn, user_id, idle, limit)]


async def end_session(conn: Connection, user_id: UUID, session_id: UUID) -> bool:
    """End a session of a user; False when there is no such one."""
    return await _sql.end_session.row(conn, user_id, session_id) is not None


async def end_sessions(conn: Connection, user_id: UUID, *, except_id: UUID | None = None) -> None:
    """End every session of a user, or all but one, and what was about to become one."""
    await _sql.end_sessions.run(conn, user_id, except_id)
    await _sql.end_throttled_log_ins.run(conn, user_id)


# -- members


async def insert_member(conn: Connection, member: Member) -> None:
    """Write a member. Raises AlreadyMember."""
    try:
        await _sql.insert_member.run(
            conn, member.organisation_id, member.user_id, member.is_administrator, sorted(member.granted)
        )
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name == "members_pkey":
            raise AlreadyMember from violation
        raise


async def members_of_user(conn: Connection, user_id: UUID) -> list[Member]:
    """Read what a user may do, by organisation, in the order of joining."""
    return [_member(row) for row in await _sql.members_of_user.rows(conn, user_id)]


async def members(conn: Connection, organisation_id: UUID) -> list[Member]:
    """Read the members of an organisation in the order of joining."""
    return [_member(row) for row in await _sql.members.rows(conn, organisation_id)]


async def lock_members(conn: Connection, organisation_id: UUID) -> dict[UUID, Member]:
    """Read the members of an organisation, by user, and keep others from changing them."""
    return {row["user_id"]: _member(row) for row in await _sql.lock_members.rows(conn, organisation_id)}


async def set_member(conn: Connection, member: Member) -> None:
    """Write what a member may do."""
    await _sql.set_member.run(
        conn, member.organisation_id, member.user_id, member.is_administrator, sorted(member.granted)
    )


async def delete_member(conn: Connection, organisation_id: UUID, user_id: UUID) -> None:
    """Delete a member."""
    await _sql.delete_member.run(conn, organisation_id, user_id)


# -- invitations


async def insert_invitation(
    conn: Connection,
    token_hash: bytes,
    organisation_id: UUID,
    email: str,
    permissions: frozenset[Permission],
    invited_by: UUID,
    good_for: timedelta,
) -> Invitation:
    """Write an invitation."""
    row = await _sql.insert_invitation.one(
        conn, new_id(), token_hash, organisation_id, email, sorted(permissions), invited_by, good_for
    )
    return _invitation(row)


async def invitations(conn: Connection, organisation_id: UUID) -> list[Invitation]:
    """Read the open invitations of an organisation, newest first."""
    return [_invitation(row) for row in await _sql.invitations.rows(conn, organisation_id)]


async def invitations_to(conn: Connection, email: str) -> list[Invitation]:
    """Read the open invitations to an address, newest first."""
    return [_invitation(row) for row in await _sql.invitations_to.rows(conn, email)]


async def invitation_of_link(conn: Connection, token_hash: bytes) -> Invitation | None:
    """Read an open invitation by its link."""
    row = await _sql.invitation_of_link.row(conn, token_hash)
    return _invitation(row) if row else None


async def lock_invitation(
    conn: Connection, *, token_hash: bytes | None = None, invitation_id: UUID | None = None
) -> tuple[Invitation, bool] | None:
    """Read an invitation by its link or its id, and whether its time is over; keep others from answering it."""
    row = await _sql.lock_invitation.row(conn, token_hash, invitation_id)
    return (_invitation(row), row["is_expired"]) if row else None


async def accept_invitation(conn: Connection, invitation: Invitation) -> None:
    """Note that an invitation was accepted."""
    await _sql.accept_invitation.run(conn, invitation.organisation_id, invitation.id)


async def void_invitation(conn: Connection, organisation_id: UUID, invitation_id: UUID, because: str) -> bool:
    """Note that an invitation is worth nothing any more; False when there is no open one."""
    return await _sql.void_invitation.row(conn, organisation_id, invitation_id, because) is not None


async def void_invitations_to(conn: Connection, organisation_id: UUID, email: str, because: str) -> None:
    """Void whatever an organisation offered to an address."""
    await _sql.void_invitations_to.run(conn, organisation_id, email, because)


# -- what is old


async def forget_old(conn: Connection, age: timedelta) -> int:
    """Delete what nobody can use any more; answers how many rows. Each statement stands alone."""
    return (
        await _sql.forget_old_sign_ups.run(conn)
        + await _sql.forget_old_password_links.run(conn)
        + await _sql.forget_old_address_changes.run(conn)
        + await _sql.forget_old_kept_forms.run(conn, KEPT_FORMS_LAST)
        + await _sql.forget_old_sessions.run(conn, age)
        + await _sql.forget_old_tries.run(conn, age)
        + await _sql.forget_old_throttled_log_ins.run(conn)
        + await _sql.forget_old_daily_counts.run(conn)
    )


@contextmanager
def _one_user_an_address() -> Iterator[None]:
    """Raises AddressTaken where the database refuses an address that another user of that kind has."""
    try:
        yield
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name == "an_address_belongs_to_one_user":
            raise AddressTaken from violation
        raise


def _user(row: Row | None) -> User | None:
    return _read_user(row) if row else None


def _read_user(row: Row, user_id: UUID | None = None) -> User:
    return User(
        user_id or row["id"],
        row["name"],
        row["email"],
        row["totp_enrolled_at"] is not None,
        row["created_at"],
        row["disabled_at"],
        None if row["staff_role"] is None else StaffRole(row["staff_role"]),
    )


def _session(row: Row) -> Session:
    return Session(
        id=row["id"],
        user_id=row["user_id"],
        began_at=row["began_at"],
        seen_at=row["seen_at"],
        second_factor_at=row["second_factor_at"],
        organisation_id=row["organisation_id"],
        network_address=row["network_address"],
        user_agent=row["user_agent"],
    )


def _passkey(row: Row) -> Passkey:
    return Passkey(
        row["id"],
        row["name"],
        Credential(row["credential_id"], row["public_key"], row["sign_count"], tuple(row["transports"])),
        row["created_at"],
        row["last_used_at"],
    )


def _member(row: Row) -> Member:
    granted = frozenset(map(Permission, row["permissions"]))
    return Member(
        organisation_id=row["organisation_id"],
        user_id=row["user_id"],
        is_administrator=row["is_administrator"],
        granted=granted,
    )


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=row["id"],
        organisation_id=row["organisation_id"],
        email=row["email"],
        permissions=frozenset(map(Permission, row["permissions"])),
        invited_by=row["invited_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        accepted_at=row["accepted_at"],
        void_at=row["void_at"],
        void_because=row["void_because"],
    )
