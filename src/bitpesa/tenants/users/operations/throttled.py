"""Logging in while the address or the network is locked: password and code are judged together (decision 0074).

Whoever guesses passwords then learns nothing before a code is right as well. Whoever knows both comes in as ever.
"""

from datetime import timedelta
from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.database.statements import Row
from bitpesa.tenants.users import store, tries
from bitpesa.tenants.users.model import Device, UserKind
from bitpesa.tenants.users.operations import codes
from bitpesa.tenants.users.recovery_codes import read_recovery_code
from bitpesa.tenants.users.tries import LockTerms

GOOD_FOR = timedelta(minutes=10)
MAX_CODES = 5
"""How many codes one log-in may try: it is begun anew after that."""


async def begin(work: Work, kind: UserKind, known: Row | None, *, right: bool) -> str:
    """Write down whether the password was right, and answer the token with which a code is given.

    Who has no second factor yet has nothing that could be judged with it, and is no better off than a wrong password.
    """
    counts = right and known is not None and known["disabled_at"] is None and known["totp_enrolled_at"] is not None
    token = new_token()
    user_id = known["id"] if counts and known is not None else None
    await store.insert_throttled_log_in(work.conn, token_hash(token), kind, user_id, GOOD_FOR)
    return token


async def give_code(work: Work, vault: Vault, token: str, code: str, device: Device, terms: LockTerms) -> str | None:
    """Check password and code together, and answer the token of a complete session.

    None when either is wrong. The transaction is to be committed either way. Whichever it was, as much is counted and
    looked up: the time that it takes tells no more than the answer.
    """
    found = await store.try_throttled_log_in(work.conn, token_hash(token), MAX_CODES)
    if found is None:
        return None
    nobody: UUID = found["id"]
    user = await store.find_user(work.conn, found["user_id"] or nobody)
    user_id = nobody if user is None or user.disabled_at is not None else user.id
    begun: list[tries.Begun] | None = []
    if read_recovery_code(code) is None:
        begun = await tries.begin(work, terms, tries.code_limits(terms, user_id, device.network_address))
    how = None if begun is None else await codes.matching(work, vault, user_id, code)
    if begun is None or how is None or user is None:
        return None
    await tries.forget_limits(work, begun)
    await tries.forget(work, user.email, user.kind)
    await store.end_throttled_log_in(work.conn, token_hash(token))
    session_token = new_token()
    await store.insert_session(work.conn, token_hash(session_token), user.id, device, with_second_factor=True)
    await codes.note(work, user, device.network_address, "user.logged_in", how)
    return session_token
