"""Logging in: a password first, which opens nothing by itself, then a code of the authenticator (flows 12).

A passkey may stand in for the code, and so it may where a code is asked for once more.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from bitpesa.audit_trail import operations as audit_trail
from bitpesa.kernel import clock, one_time_codes
from bitpesa.kernel.database import Database, Work
from bitpesa.kernel.encryption import Vault
from bitpesa.kernel.passkeys import RelyingParty
from bitpesa.kernel.passwords import Passwords, is_up_to_date
from bitpesa.kernel.tokens import new_token, token_hash
from bitpesa.people import rules, store, tries
from bitpesa.people.acting import acting
from bitpesa.people.model import Device, Session, User, UserKind
from bitpesa.people.operations import passkeys
from bitpesa.people.recovery_codes import read_recovery_code
from bitpesa.people.tries import LockTerms


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

    None when anything is wrong: nobody learns whether it was the address, the password, or that it is locked. The try
    is counted in a transaction of its own before the password is looked at: no number of tries at once gets past.
    """
    address = rules.read_address(email) or ""
    begun, known = await database.run(_begin, address, device, terms, kind)
    right = await passwords.matches(password, known["password_hash"] if known else None)
    if known is None or not right or known["disabled_at"] is not None:
        return None
    anew = None if is_up_to_date(known["password_hash"]) else await passwords.hash(password)
    token = new_token()
    await database.run(_open_session, known["id"], begun, token_hash(token), device, anew)
    return token


async def give_code(work: Work, vault: Vault, user: User, session: Session, code: str, terms: LockTerms) -> str | None:
    """Check a code of the authenticator, or a recovery code, and answer the new token of the session, now complete.

    None when it is wrong, was used before, or too many were wrong. Right or wrong, the transaction is to be committed:
    it has counted.
    """
    return await _pass(work, user, session, terms, partial(_matching, work, vault, user.id, code))


async def give_passkey(
    work: Work, party: RelyingParty, user: User, session: Session, reply: str, terms: LockTerms
) -> str | None:
    """Check the reply of a passkey to the challenge of this session, in place of a code. All else is as with codes."""
    return await _pass(work, user, session, terms, partial(passkeys.matching, work, party, user, session, reply))


async def _begin(
    work: Work, email: str, device: Device, terms: LockTerms, kind: UserKind
) -> tuple[list[tries.Begun], Any]:
    begun = await tries.begin(work, terms, email=email, network_address=device.network_address, kind=kind)
    return (begun or [], None if begun is None else await store.password_of(work.conn, email, kind))


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
    matching: Callable[[], Awaitable[dict[str, str] | None]],
) -> str | None:
    """Complete a session when something matches; count a failure when it does not."""
    begun = await tries.begin(work, terms, email=user.email, network_address=None, kind=user.kind)
    if begun is None:
        return None
    how = await matching()
    if how is None:
        if begun[-1].has_locked:
            await _note(work, user, session, "user.locked_out", {})
        return None
    await tries.forget(work, user.email, user.kind)
    token = new_token()
    if not await store.pass_second_factor(work.conn, session.id, token_hash(token)):
        return None
    await _note(work, user, session, "user.logged_in" if session.second_factor_at is None else "user.confirmed", how)
    return token


async def _matching(work: Work, vault: Vault, user_id: UUID, code: str) -> dict[str, str] | None:
    """What a code is, and that it is used up now; None when it is none."""
    recovery = read_recovery_code(code)
    if recovery is not None:
        return (
            {"by": "recovery code"} if await store.use_recovery_code(work.conn, user_id, token_hash(recovery)) else None
        )
    sealed = await store.totp_secret(work.conn, user_id)
    if sealed is None:
        return None
    step = one_time_codes.step_of(code, vault.open(sealed), await clock.real_now(work.conn))
    if step is None or not await store.take_totp_step(work.conn, user_id, step):
        return None
    return {"by": "authenticator"}


async def _note(work: Work, user: User, session: Session, action: str, how: dict[str, str]) -> None:
    await audit_trail.record(
        work.conn,
        actor=acting(user),
        action=action,
        object_type="user",
        object_id=user.id,
        details={"network_address": session.network_address, **how},
    )
