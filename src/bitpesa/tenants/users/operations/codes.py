"""What stands beside a password: whether a code is right, which uses it up, and what is written down of it."""

from uuid import UUID

from bitpesa.kernel import clock
from bitpesa.kernel.crypto import one_time_codes
from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.tokens import token_hash
from bitpesa.kernel.database.pool import Work
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.users import store
from bitpesa.tenants.users.acting import acting
from bitpesa.tenants.users.model import User
from bitpesa.tenants.users.recovery_codes import read_recovery_code


async def matching(work: Work, vault: Vault, user_id: UUID, code: str) -> dict[str, str] | None:
    """What a code is, and that it is used up now; None when it is none. For nobody it takes as long."""
    recovery = read_recovery_code(code)
    if recovery is not None:
        is_known = await store.use_recovery_code(work.conn, user_id, token_hash(recovery))
        return {"by": "recovery code"} if is_known else None
    sealed = await store.totp_secret(work.conn, user_id)
    secret = one_time_codes.new_secret() if sealed is None else vault.open(sealed)
    step = one_time_codes.step_of(code, secret, await clock.real_now(work.conn))
    if step is None or not await store.take_totp_step(work.conn, user_id, step):
        return None
    return {"by": "authenticator"}


async def note(work: Work, user: User, network_address: str, action: str, how: dict[str, str]) -> None:
    """Write down that a user came in, was asked once more, or is locked out."""
    await audit_trail.record(
        work.conn,
        actor=acting(user),
        action=action,
        object_type="user",
        object_id=user.id,
        details={"network_address": network_address, **how},
    )
