"""Enrolling an authenticator, which everybody must, and the recovery codes that stand in for it (flows 12)."""

from uuid import UUID

from bitpesa.kernel import clock
from bitpesa.kernel.crypto import one_time_codes
from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.audit_log.model import Actor
from bitpesa.tenants.four_eyes.model import AccessKind
from bitpesa.tenants.four_eyes.operations import record_access_change
from bitpesa.tenants.users import store
from bitpesa.tenants.users.acting import acting
from bitpesa.tenants.users.model import Session, User, UserKind
from bitpesa.tenants.users.recovery_codes import new_recovery_codes


async def propose_secret(work: Work, vault: Vault, user: User) -> str:
    """The secret that a user's authenticator is to know: the same until it is enrolled. Raises NotFound after that."""
    proposed = one_time_codes.new_secret()
    sealed = await store.propose_totp_secret(work.conn, user.id, vault.seal(proposed))
    if sealed is None:
        raise NotFound
    return vault.open(sealed)


async def enrol(work: Work, vault: Vault, user: User, session: Session, code: str) -> tuple[str, list[str]] | None:
    """Take the first code as proof, and answer the new token of the session and the recovery codes.

    None when the code is wrong or the user has an authenticator already: only staff take that away.
    """
    sealed = await store.totp_secret(work.conn, user.id)
    if sealed is None or user.has_second_factor:
        return None
    step = one_time_codes.step_of(code, vault.open(sealed), await clock.real_now(work.conn))
    if step is None or not await store.take_totp_step(work.conn, user.id, step):
        return None
    token = new_token()
    if not await store.pass_second_factor(work.conn, session.id, token_hash(token)):
        return None
    codes = await _renew_recovery_codes(work, user.id)
    await _note(work, acting(user), user, "user.authenticator_enrolled")
    return token, codes


async def renew_recovery_codes(work: Work, user: User) -> list[str]:
    """Make recovery codes in place of those before, and answer them: they are shown this once."""
    codes = await _renew_recovery_codes(work, user.id)
    await _note(work, acting(user), user, "user.recovery_codes_renewed")
    return codes


async def reset(work: Work, by: Actor, user: User) -> User:
    """Forget an authenticator that was lost with its recovery codes: the next log-in enrols another.

    Passkeys are forgotten with it, and every session ends. Only staff do this. Raises NotFound. One of staff counts as
    a second person only after a while.
    """
    found = await store.reset_totp(work.conn, user.id)
    if found is None:
        raise NotFound
    await store.end_sessions(work.conn, user.id)
    if user.kind is UserKind.STAFF:
        await record_access_change(work.conn, user.id, AccessKind.MFA_RESET, by=by)
    await _note(work, by, user, "user.authenticator_reset")
    return found


async def seal_secrets_again(work: Work, vault: Vault) -> int:
    """Re-encrypt every secret under the newest master key, and tell how many. Raises CannotDecrypt."""
    sealed = await store.lock_sealed_totp_secrets(work.conn)
    again = [vault.seal_again(secret) for secret in sealed.values()]
    await store.set_sealed_totp_secrets(work.conn, list(sealed), again)
    return len(sealed)


async def _renew_recovery_codes(work: Work, user_id: UUID) -> list[str]:
    codes = new_recovery_codes()
    await store.set_recovery_codes(work.conn, user_id, [token_hash(code) for code in codes])
    return codes


async def _note(work: Work, by: Actor, user: User, action: str) -> None:
    await audit_trail.record(work.conn, actor=by, action=action, object_type="user", object_id=user.id)
