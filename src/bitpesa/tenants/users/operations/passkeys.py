"""Passkeys: registering one, having it stand in for a code, and removing it.

Each reply is to a challenge that was made for its session, is good for a few minutes and is taken once.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.passkeys import (
    CHALLENGE_SECONDS,
    Credential,
    RelyingParty,
    Reply,
    count_of,
    new_credential,
    read_reply,
    registration_options,
    request_options,
)
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound, refused
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.mail import operations as mail
from bitpesa.tenants.users import letters, rules, store
from bitpesa.tenants.users.acting import acting
from bitpesa.tenants.users.letters import Text
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.model import Session, User

_CHALLENGE_BYTES = 32


async def offer_registration(work: Work, party: RelyingParty, user: User, session: Session) -> str:
    """What the user's browser makes a new passkey from."""
    return registration_options(
        party,
        await _new_challenge(work, session),
        user_id=user.id.bytes,
        user_name=user.email,
        display_name=user.name,
        known=await _credentials(work, user),
    )


async def register(
    work: Work, vault: Vault, party: RelyingParty, user: User, session: Session, name: str, reply: str, links: Links
) -> bool:
    """Register the passkey that a browser made, and tell its user by mail; False when it is not taken.

    Taken or not, the transaction is to be committed: the challenge is used up. Raises Invalid, by the field `name`.
    """
    held = await store.passkeys_of(work.conn, user.id)
    known_name, problem = rules.read_name(name), rules.passkey_problem(name, len(held))
    if known_name is None or problem is not None:
        raise refused("name", problem or "invalid")
    read = await _reply_to_challenge(work, session, reply)
    credential = None if read is None else new_credential(party, read)
    if credential is None or not await store.insert_passkey(work.conn, user.id, known_name, credential):
        return False
    await _note(work, user, "user.passkey_added", passkey=known_name)
    await _tell(work, vault, user, letters.passkey_added(known_name, links.lost_password()))
    return True


async def remove(work: Work, vault: Vault, user: User, passkey_id: UUID, links: Links) -> None:
    """Remove a passkey of one's own: it opens nothing any more. Raises NotFound for one of others."""
    name = await store.delete_passkey(work.conn, user.id, passkey_id)
    if name is None:
        raise NotFound
    await _note(work, user, "user.passkey_removed", passkey=name)
    await _tell(work, vault, user, letters.passkey_removed(name, links.lost_password()))


async def offer_request(work: Work, party: RelyingParty, user: User, session: Session) -> str:
    """What the user's browser has a passkey reply to. Raises NotFound when the user has none."""
    known = await _credentials(work, user)
    if not known:
        raise NotFound
    return request_options(party, await _new_challenge(work, session), known)


async def matching(work: Work, party: RelyingParty, user: User, session: Session, reply: str) -> dict[str, str] | None:
    """Which passkey of the user a reply is of, and that its challenge is used up now; None when it is of none.

    One that counts back is refused and noted: it may have been copied.
    """
    read = await _reply_to_challenge(work, session, reply)
    passkey = None if read is None else await store.lock_passkey(work.conn, user.id, read.credential_id)
    if read is None or passkey is None:
        return None
    said, known = count_of(party, read, passkey.credential.public_key), passkey.credential.sign_count
    if said is None:
        return None
    if rules.has_counted_back(known, said):
        why = f"it has counted to {said}, and had to {known}: there may be a copy of it"
        await _note(work, user, "user.passkey_refused", passkey=passkey.name, refusal=why)
        return None
    await store.use_passkey(work.conn, passkey.id, said)
    return {"by": "passkey", "passkey": passkey.name}


async def _new_challenge(work: Work, session: Session) -> bytes:
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    await store.set_passkey_challenge(work.conn, session.id, challenge, timedelta(seconds=CHALLENGE_SECONDS))
    return challenge


async def _reply_to_challenge(work: Work, session: Session, text: str) -> Reply | None:
    """A reply to the challenge that was open for the session; None when it is to any other."""
    reply = read_reply(text)
    if reply is None or not await store.take_passkey_challenge(work.conn, session.id, reply.challenge):
        return None
    return reply


async def _credentials(work: Work, user: User) -> list[Credential]:
    return [each.credential for each in await store.passkeys_of(work.conn, user.id)]


async def _tell(work: Work, vault: Vault, user: User, letter: Text) -> None:
    await mail.send(work, vault, user.email, letter.subject, letter.text)


async def _note(work: Work, user: User, action: str, **details: str) -> None:
    await audit_trail.record(
        work.conn, actor=acting(user), action=action, object_type="user", object_id=user.id, details=details
    )
