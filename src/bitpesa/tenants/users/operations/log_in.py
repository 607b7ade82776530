"""Logging in: a password first, which opens nothing by itself, then a code of the authenticator (flows 12).

A passkey may stand in for the code, and so it may where a code is asked for once more.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.passkeys import RelyingParty
from bitpesa.kernel.crypto.passwords import Passwords, is_up_to_date
from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.kernel.database.pool import Database, Work
from bitpesa.tenants.users import rules, store, tries
from bitpesa.tenants.users.model import Device, Session, User, UserKind
from bitpesa.tenants.users.operations import codes, passkeys, throttled
from bitpesa.tenants.users.recovery_codes import read_recovery_code
from bitpesa.tenants.users.tries import Limit, LockTerms


async def log_in(
    database: Database,
    passwords: Passwords,
    email: str,
    password: str,
    device: Device,
    terms: LockTerms,
    kind: UserKind = UserKind.CLIENT,
) -> str | None:
    """Check a password, and answer the token of a session that still waits for a code.

    None when anything is wrong: nobody learns whether it was the address or the password. While too many tries have
    locked the address or the network, a token is answered whatever the password is: what it was is told with the code.
    The try is counted in a transaction of its own before the password is looked at: no number of tries at once gets
    past.
    """
    address = rules.read_address(email) or ""
    begun, known = await database.run(_begin, address, device, terms, kind)
    right = await passwords.matches(password, known["password_hash"] if known else None)
    if begun is None:
        return await database.run(throttled.begin, kind, known, right=right)
    if known is None or not right or known["disabled_at"] is not None:
        return None
    anew = None if is_up_to_date(known["password_hash"]) else await passwords.hash(password)
    token = new_token()
    await database.run(_open_session, known["id"], begun, token_hash(token), device, anew)
    return token


async def give_code(work: Work, vault: Vault, user: User, session: Session, code: str, terms: LockTerms) -> str | None:
    """Check a code of the authenticator, or a recovery code, and answer the new token of the session, now complete.

    None when it is wrong, was used before, or too many were wrong. Right or wrong, the transaction is to be committed:
    it has counted. Recovery codes are not counted: nobody guesses one, and whoever has one is never locked out.
    """
    limits = [] if read_recovery_code(code) is not None else _limits(terms, user, session)
    return await _pass(work, user, session, terms, limits, partial(codes.matching, work, vault, user.id, code))


async def give_passkey(
    work: Work, party: RelyingParty, user: User, session: Session, reply: str, terms: LockTerms
) -> str | None:
    """Check the reply of a passkey to the challenge of this session, in place of a code.

    It is not counted: nobody guesses one.
    """
    return await _pass(work, user, session, terms, [], partial(passkeys.matching, work, party, user, session, reply))


async def _begin(
    work: Work, email: str, device: Device, terms: LockTerms, kind: UserKind
) -> tuple[list[tries.Begun] | None, Any]:
    begun = await tries.begin(work, terms, tries.password_limits(terms, email, device.network_address, kind))
    return begun, await store.password_of(work.conn, email, kind)


async def _open_session(
    work: Work, user_id: UUID, begun: list[tries.Begun], session_hash: bytes, device: Device, anew: str | None
) -> None:
    await tries.take_back(work, begun)
    if anew is not None:
        await store.set_password(work.conn, user_id, anew)
    await store.insert_session(work.conn, session_hash, user_id, device)


async def _pass(
    work: Work,
    user: User,
    session: Session,
    terms: LockTerms,
    limits: Sequence[Limit],
    matching: Callable[[], Awaitable[dict[str, str] | None]],
) -> str | None:
    """Complete a session when something matches; count a failure when it does not."""
    begun = await tries.begin(work, terms, limits)
    if begun is None:
        return None
    how = await matching()
    if how is None:
        if any(each.has_locked for each in begun):
            await codes.note(work, user, session.network_address, "user.locked_out", {})
        return None
    await tries.forget_limits(work, begun)
    is_new = session.second_factor_at is None
    if is_new:
        await tries.forget(work, user.email, user.kind)
    token = new_token()
    if not await store.pass_second_factor(work.conn, session.id, token_hash(token)):
        return None
    await codes.note(work, user, session.network_address, "user.logged_in" if is_new else "user.confirmed", how)
    return token


def _limits(terms: LockTerms, user: User, session: Session) -> list[Limit]:
    """What wrong codes are counted under: strangers, who have no complete session, lock none."""
    if session.second_factor_at is None:
        return tries.code_limits(terms, user.id, session.network_address)
    return tries.inside_limits(terms, session, "codes")
