"""What members may do: an administrator founds an organisation, permissions are changed, members leave.

A refusal is an answer, not an exception: it is written into the audit trail, and what raises is rolled back.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.problems import NotFound
from bitpesa.tenants.audit_log import operations as audit_trail
from bitpesa.tenants.audit_log.model import user as actor
from bitpesa.tenants.organisations.model import Organisation
from bitpesa.tenants.users import rules, store
from bitpesa.tenants.users.model import Member, Permission, User


async def found(work: Work, user: User, organisation: Organisation) -> Member:
    """Make the user who signed an organisation up its administrator (flows 12)."""
    member = Member(organisation_id=organisation.id, user_id=user.id, is_administrator=True, granted=frozenset())
    await store.insert_member(work.conn, member)
    await note(
        work, user, organisation.id, "organisation.founded", "organisation", organisation.id, after=shown(member)
    )
    return member


async def join_as_administrator(work: Work, user: User, organisation_id: UUID, *, by: str) -> None:
    """Make a user an administrator of an organisation to which a link of ours invites whoever holds it.

    `by` says which link, for the audit trail. Whoever is a member already stays what it is.
    """
    members = await store.lock_members(work.conn, organisation_id)
    if user.id in members:
        return
    member = Member(organisation_id=organisation_id, user_id=user.id, is_administrator=True, granted=frozenset())
    await store.insert_member(work.conn, member)
    await note(work, user, organisation_id, "member.joined", "user", user.id, after=shown(member), details={"by": by})


async def change(
    work: Work,
    user: User,
    organisation_id: UUID,
    target_id: UUID,
    wanted: frozenset[Permission],
    *,
    administrator: bool,
) -> str | None:
    """Give a member these permissions in place of those it has; answers why not, when that is refused."""
    members = await store.lock_members(work.conn, organisation_id)
    refusal = rules.judge_change(members, user.id, target_id, wanted, administrator=administrator)
    asked = {"permissions": sorted(wanted), "administrator": administrator}
    if refusal is not None:
        await note(
            work,
            user,
            organisation_id,
            "member.change_refused",
            "user",
            target_id,
            details={"refusal": refusal, **asked},
        )
        return refusal
    before, after = members[target_id], rules.changed(members[target_id], wanted, administrator=administrator)
    await store.set_member(work.conn, after)
    await note(
        work, user, organisation_id, "member.changed", "user", target_id, before=shown(before), after=shown(after)
    )
    return None


async def remove(work: Work, user: User, organisation_id: UUID, target_id: UUID) -> str | None:
    """Take a member out of an organisation, and what it was offered there; answers why not, when that is refused."""
    members = await store.lock_members(work.conn, organisation_id)
    refusal = rules.judge_removal(members, user.id, target_id)
    if refusal is not None:
        await note(
            work, user, organisation_id, "member.removal_refused", "user", target_id, details={"refusal": refusal}
        )
        return refusal
    await _take_out(work, members[target_id], "removed")
    before = shown(members[target_id])
    await note(work, user, organisation_id, "member.removed", "user", target_id, before=before)
    return None


async def leave(work: Work, user: User, organisation_id: UUID) -> str | None:
    """Leave an organisation by oneself; answers why not, when that is refused. Raises NotFound for one of others.

    What the member offered to others stays, and is worth nothing: as after a removal.
    """
    members = await store.lock_members(work.conn, organisation_id)
    if user.id not in members:
        raise NotFound  # strangers write no lines into the trail of an organisation
    refusal = rules.judge_leaving(members, user.id)
    if refusal is not None:
        await note(work, user, organisation_id, "member.leaving_refused", "user", user.id, details={"refusal": refusal})
        return refusal
    await _take_out(work, members[user.id], "left")
    await note(work, user, organisation_id, "member.left", "user", user.id, before=shown(members[user.id]))
    return None


async def _take_out(work: Work, member: Member, because: str) -> None:
    await store.delete_member(work.conn, member.organisation_id, member.user_id)
    await store.look_away(work.conn, member.user_id, member.organisation_id)
    user = await store.find_user(work.conn, member.user_id)
    if user is not None:
        await store.void_invitations_to(work.conn, member.organisation_id, user.email, because)


def shown(member: Member) -> dict[str, Any]:
    """A member as the audit trail tells of it."""
    return {"administrator": member.is_administrator, "permissions": sorted(member.granted)}


async def note(
    work: Work,
    user: User,
    organisation_id: UUID,
    action: str,
    object_type: str,
    object_id: UUID | str,
    *,
    app_id: UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down what a user did, or was refused, in an organisation."""
    await audit_trail.record(
        work.conn,
        actor=actor(user.email, user.id),
        action=action,
        object_type=object_type,
        object_id=object_id,
        organisation_id=organisation_id,
        app_id=app_id,
        before=before,
        after=after,
        details=details,
    )
