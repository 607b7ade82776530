"""Inviting somebody to an organisation: by mail, to one address, good once and for a while (flows 12)."""

from datetime import timedelta
from enum import Enum, auto
from uuid import UUID

from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.crypto.tokens import new_token, token_hash
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import refused
from bitpesa.tenants.mail import operations as mail
from bitpesa.tenants.organisations.model import Organisation
from bitpesa.tenants.users import letters, mail_limits, rules, store
from bitpesa.tenants.users.links import Links
from bitpesa.tenants.users.mail_limits import MailTerms
from bitpesa.tenants.users.model import Invitation, Member, Permission, User
from bitpesa.tenants.users.operations.members import note, shown


class Acceptance(Enum):
    """What became of accepting an invitation."""

    JOINED = auto()
    GONE = auto()
    """There is no such invitation, or not any more."""
    OTHER_ADDRESS = auto()
    """It was made to another address, and is void from now on."""
    WORTHLESS = auto()
    """Whoever made it may not give any more what it offers."""


async def invite(
    work: Work,
    vault: Vault,
    user: User,
    organisation: Organisation,
    email: str,
    wanted: frozenset[Permission],
    links: Links,
    terms: MailTerms,
) -> str | None:
    """Offer somebody to join, with these permissions; answers why not, when that is refused.

    An earlier offer to the same address is void. Raises Invalid for an address that is none or a member's, and where a
    member, an organisation or an address has had its invitations of the day.
    """
    address = rules.read_address(email)
    if address is None:
        raise refused("email", "invalid" if email.strip() else "blank")
    members = await store.lock_members(work.conn, organisation.id)
    asked = {"email": address, "permissions": sorted(wanted)}
    refusal = rules.judge_offer(members.get(user.id), wanted)
    if refusal is not None:
        await note(
            work,
            user,
            organisation.id,
            "invitation.refused",
            "organisation",
            organisation.id,
            details={"refusal": refusal, **asked},
        )
        return refusal
    known = await store.user_by_email(work.conn, address)
    if known is not None and known.id in members:
        raise refused("email", "taken")
    if not await mail_limits.may_invite(work, terms, user.id, organisation.id, address):
        raise refused("email", mail_limits.USED_UP)
    await store.void_invitations_to(work.conn, organisation.id, address, "replaced")
    token = new_token()
    good_for = timedelta(seconds=links.invitation_seconds)
    invitation = await store.insert_invitation(
        work.conn, token_hash(token), organisation.id, address, wanted, user.id, good_for
    )
    letter = letters.invitation(organisation.name, user.name, links.invitation(token), links.invitation_seconds)
    await mail.send(work, vault, address, letter.subject, letter.text, on_behalf_of=organisation.id)
    await note(work, user, organisation.id, "invitation.made", "invitation", invitation.id, details=asked)
    return None


async def withdraw(work: Work, user: User, organisation_id: UUID, invitation_id: UUID) -> str | None:
    """Take an offer back; answers why not, when that is refused. One that is gone already stays gone."""
    members = await store.lock_members(work.conn, organisation_id)
    refusal = rules.judge_offer(members.get(user.id), frozenset())
    if refusal is not None:
        await note(
            work,
            user,
            organisation_id,
            "invitation.withdrawal_refused",
            "invitation",
            invitation_id,
            details={"refusal": refusal},
        )
        return refusal
    if await store.void_invitation(work.conn, organisation_id, invitation_id, "withdrawn"):
        await note(work, user, organisation_id, "invitation.withdrawn", "invitation", invitation_id)
    return None


async def accept_link(work: Work, user: User, token: str) -> Acceptance:
    """Accept the invitation that a link leads to. With another address than it was made to it is refused and void."""
    return await _accept(work, user, await store.lock_invitation(work.conn, token_hash=token_hash(token)))


async def accept(work: Work, user: User, invitation_id: UUID) -> Acceptance:
    """Accept an invitation to one's own address, which is confirmed, without its link."""
    locked = await store.lock_invitation(work.conn, invitation_id=invitation_id)
    if locked is not None and locked[0].email != user.email:
        return Acceptance.GONE  # whoever does not have the link does not know that it exists
    return await _accept(work, user, locked)


async def _accept(work: Work, user: User, locked: tuple[Invitation, bool] | None) -> Acceptance:
    if locked is None:
        return Acceptance.GONE
    invitation, is_expired = locked
    if is_expired or invitation.accepted_at is not None or invitation.void_at is not None:
        return Acceptance.GONE
    if invitation.email != user.email:
        await _void(work, user, invitation, "other address")
        return Acceptance.OTHER_ADDRESS
    members = await store.lock_members(work.conn, invitation.organisation_id)
    if rules.judge_offer(members.get(invitation.invited_by), invitation.permissions) is not None:
        await _void(work, user, invitation, "inviter may not give it")
        return Acceptance.WORTHLESS
    await store.accept_invitation(work.conn, invitation)
    if user.id not in members:
        await _join(work, user, invitation)
    return Acceptance.JOINED


async def _join(work: Work, user: User, invitation: Invitation) -> None:
    member = Member(
        organisation_id=invitation.organisation_id,
        user_id=user.id,
        is_administrator=False,
        granted=invitation.permissions,
    )
    await store.insert_member(work.conn, member)
    await note(
        work,
        user,
        member.organisation_id,
        "member.joined",
        "user",
        user.id,
        after=shown(member),
        details={"invitation_id": str(invitation.id), "invited_by": str(invitation.invited_by)},
    )


async def _void(work: Work, user: User, invitation: Invitation, because: str) -> None:
    await store.void_invitation(work.conn, invitation.organisation_id, invitation.id, because)
    await note(
        work,
        user,
        invitation.organisation_id,
        "invitation.voided",
        "invitation",
        invitation.id,
        details={"because": because},
    )
