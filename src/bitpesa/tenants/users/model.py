"""A user, a session, and what a member of an organisation may do (flows 12)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from bitpesa.kernel.crypto.passkeys import Credential


class Permission(StrEnum):
    """What a member may do beyond the dashboard and the reports, which are open to every member."""

    WEBHOOKS_READ = "Webhooks/Read"
    WEBHOOKS_WRITE = "Webhooks/Write"
    STATISTICS_READ = "Statistics/Read"
    LOGS_READ = "Logs/Read"
    API_KEYS_READ = "Api Keys/Read"
    API_KEYS_WRITE = "Api Keys/Write"
    ROLES_READ = "Roles/Read"
    ROLES_WRITE = "Roles/Write"
    PERSONAL_DATA_READ = "Personal Data/Read"
    """Ours: the original has no permission for what senders and recipients are, and where they can be found."""


ALL_PERMISSIONS = frozenset(Permission)
"""What an administrator holds."""


class UserKind(StrEnum):
    """Which of the two sites a user logs in to; an address may have a user of each."""

    CLIENT = "client"
    STAFF = "staff"


class StaffRole(StrEnum):
    """What one of staff may do in the back office; each may do what those before it may."""

    VIEWER = "viewer"
    """Looks."""
    OPERATOR = "operator"
    """Does the daily work: senders, payouts, balances."""
    ADMINISTRATOR = "administrator"
    """Lets clients and people in, and sets prices and switches."""

    def covers(self, needed: "StaffRole") -> bool:
        """Whether whoever has this role may do what needs that one."""
        order = list(StaffRole)
        return order.index(self) >= order.index(needed)


class LinkDelivery(StrEnum):
    """How the link reaches one of staff by which a password is chosen."""

    MAIL = "mail"
    """It is mailed to that person and shown to nobody."""
    TERMINAL = "terminal"
    """It is shown at the terminal, to hand over: for the very first account, or while there is no mail server."""
    NOWHERE = "nowhere"
    """No link is made: there is no mail server, and nobody but its owner may see it."""


class User(msgspec.Struct, frozen=True):
    """Somebody who can log in. The address is confirmed and in small letters. `staff_role`: only staff have one."""

    id: UUID
    name: str
    email: str
    has_second_factor: bool
    created_at: datetime
    disabled_at: datetime | None = None
    staff_role: StaffRole | None = None

    @property
    def kind(self) -> UserKind:
        """Which site the user logs in to."""
        return UserKind.CLIENT if self.staff_role is None else UserKind.STAFF

    @property
    def standing(self) -> str:
        """Whether the user can come in, in words for staff."""
        if self.disabled_at is not None:
            return "disabled"
        return "active" if self.has_second_factor else "no authenticator yet"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A user logged in on one device. Without `second_factor_at` only the password was right, and nothing is open."""

    id: UUID
    user_id: UUID
    began_at: datetime
    seen_at: datetime
    second_factor_at: datetime | None
    organisation_id: UUID | None
    network_address: str
    user_agent: str


class KeptForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was sent after a session was over: for which organisation it was shown, where to, and what it says.

    A name stands in it once for each value.
    """

    organisation_id: UUID | None
    path: str
    fields: list[tuple[str, str]]


class Passkey(msgspec.Struct, frozen=True):
    """What stands in for a code: a key on one of the user's devices, under the name that the user gave it."""

    id: UUID
    name: str
    credential: Credential
    created_at: datetime
    last_used_at: datetime | None


class SessionTerms(msgspec.Struct, frozen=True):
    """How long a session lasts: without a sign of life, and at most; and how long a code counts as just given."""

    idle_seconds: float
    limit_seconds: float
    fresh_seconds: float


class SignedIn(msgspec.Struct, frozen=True):
    """A session that is still good, its user, and whether a code was given so lately that keys may be shown."""

    session: Session
    user: User
    is_fresh: bool


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """What a user may do for an organisation."""

    organisation_id: UUID
    user_id: UUID
    is_administrator: bool
    granted: frozenset[Permission]

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the member holds: an administrator everything."""
        return ALL_PERMISSIONS if self.is_administrator else self.granted

    def may(self, permission: Permission) -> bool:
        """Whether the member holds a permission."""
        return permission in self.permissions


class AddressChange(msgspec.Struct, frozen=True):
    """The address that a user wants to have, and until when it can be confirmed."""

    email: str
    expires_at: datetime


class Device(msgspec.Struct, frozen=True):
    """Where a request comes from."""

    network_address: str
    user_agent: str


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An offer to join an organisation, made to one address."""

    id: UUID
    organisation_id: UUID
    email: str
    permissions: frozenset[Permission]
    invited_by: UUID
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    void_at: datetime | None = None
    void_because: str | None = None
