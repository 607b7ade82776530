"""How much mail somebody may cause in a day (of UTC): it is we who send it, and others who have to read it.

Each kind of mail is counted by itself, so that one does not use up another.
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from bitpesa.kernel.database.pool import Work
from bitpesa.tenants.users import store
from bitpesa.tenants.users.rules import network_of

USED_UP = "too_many_today"
"""What is wrong with an address that cannot be written to any more on this day."""

MAX_INVITATIONS_TO_ADDRESS = 3
"""How many invitations an organisation sends to one address in a day."""


class Cause(StrEnum):
    """What has a mail sent to an address that need not be the own one."""

    SIGN_UP = "sign-up"
    LOST_PASSWORD = "lost password"  # noqa: S105 - a cause, not a password
    NEW_ADDRESS = "new address"
    INVITATION = "invitation"


class MailTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How many mails of each kind go to an address in a day, and how many of these one network may cause.

    And how many invitations a member, and an organisation, sends.
    """

    to_address: int
    to_address_from_network: int
    invitations: int


class Allowance(msgspec.Struct, frozen=True):
    """What mails are counted under, and how many a day there may be."""

    subject: str
    most: int


async def may_mail(work: Work, terms: MailTerms, cause: Cause, email: str, network_address: str) -> bool:
    """Whether a stranger may cause one more mail to an address; counts it."""
    return await _take(
        work,
        [
            Allowance(f"{cause} to {email} from {network_of(network_address)}", terms.to_address_from_network),
            Allowance(f"{cause} to {email}", terms.to_address),
        ],
    )


async def may_ask_for_address(work: Work, terms: MailTerms, user_id: UUID, email: str, network_address: str) -> bool:
    """Whether a user may have one more mail sent to an address that it wants to have; counts it."""
    own = [Allowance(f"{Cause.NEW_ADDRESS} by {user_id}", terms.to_address)]
    return await _take(work, own) and await may_mail(work, terms, Cause.NEW_ADDRESS, email, network_address)


async def may_invite(work: Work, terms: MailTerms, user_id: UUID, organisation_id: UUID, email: str) -> bool:
    """Whether a member may send one more invitation; counts it. Which limit is reached, nobody is told."""
    return await _take(
        work,
        [
            Allowance(f"{Cause.INVITATION} by {user_id}", terms.invitations),
            Allowance(f"{Cause.INVITATION} of {organisation_id}", terms.invitations),
            Allowance(f"{Cause.INVITATION} of {organisation_id} to {email}", MAX_INVITATIONS_TO_ADDRESS),
            Allowance(f"{Cause.INVITATION} to {email}", terms.to_address),
        ],
    )


async def _take(work: Work, allowances: Sequence[Allowance]) -> bool:
    """Count one more under each, in this order; False as soon as one is used up."""
    for each in allowances:
        if not await store.count_today(work.conn, each.subject, each.most):
            return False
    return True
