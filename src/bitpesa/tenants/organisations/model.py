"""An organisation, its apps, what is set for an app, and the keys that speak for it (flows 0.1, 1, 2)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Environment = Literal["sandbox", "live"]

Corridor = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}::[A-Z][A-Za-z]*$")]
"""A payout type such as `NGN::Bank`, by name; which ones exist is known further up."""

PayinType = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}(::[A-Z][A-Za-z]*)?$")]
"""A payin type such as `XOF::Mobile` or `BTC`, by name."""


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Where an organisation is, and its telephone, as it said when it signed up (flows 12). Countries are ISO codes."""

    country: str
    city: str
    street: str
    postal_code: str
    phone_country: str
    phone_number: str


class Organisation(msgspec.Struct, frozen=True):
    """A legal entity that signed up; one that was made at a terminal has no contact."""

    id: UUID
    name: str
    created_at: datetime
    contact: Contact | None = None


class AppSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator sets for one app. The defaults are the first values of flows 0.1.

    Shared between requests: never change a mapping inside.
    """

    kyc_mode: Literal["documents", "approval", "waived"] = "documents"
    """Whether senders need documents and a check, a check, or nothing (flows 3.4). A sandbox app starts waived."""
    waived_sender_state: Literal["approved", "initial"] = "approved"
    """The state that a sender shows when KYC is waived."""
    unapproved_sender_policy: Literal["hold", "reject"] = "hold"
    """Whether a transaction of an unapproved sender waits in `initial` or is refused."""
    wtr2: bool = False
    """Whether a person may be named by one complete set of identity fields; counts while KYC is waived (flows 3.3)."""
    sender_external_id_on_transaction: Literal["update", "reject"] = "update"
    """Whether a transaction that names a known sender with new fields updates it or is refused as a duplicate."""
    auto_refund_default: bool = True
    """Whether failed recipients are refunded after 24 hours when the transaction does not say."""
    account_validation_default: bool = False
    """Whether accounts are checked before they are paid when the transaction does not say."""
    negative_balance: bool = False
    """Whether the balance may go below zero."""
    same_currency: bool | None = None
    """Whether input and payout may have one currency; null: in the currencies of which the app has an account."""
    fee_rate: Decimal = Decimal(0)
    """Fee as a fraction of the net input amount (0.03 is 3 percent)."""
    fee_rates: dict[Corridor, Decimal] = {}
    """Fees of single corridors, in place of `fee_rate`."""
    margin: Decimal = Decimal(0)
    """What the platform keeps of every exchange rate, as a fraction."""
    collections: bool = True
    """Whether transactions may be funded by collecting from the sender."""
    hard_limits: bool = False
    """Whether requests beyond the daily limits are refused rather than marked (flows 11.4)."""
    closed_corridors: tuple[Corridor, ...] = ()
    """Corridors this app may not use although they are open."""
    open_corridors: tuple[Corridor, ...] = ()
    """Corridors this app may use although they are not open to everyone."""
    closed_payin_types: tuple[PayinType, ...] = ()
    """Ways of collecting that this app may not use although they are open."""
    open_payin_types: tuple[PayinType, ...] = ()
    """Ways of collecting that this app may use although they are not open to everyone."""
    details_beyond_sdks: Literal["required", "optional"] = "optional"
    """Whether details that corridors ask for and no official SDK can send (at GHS::Bank: gender) must be given."""
    mandate_required: bool = False
    """Whether mandates of rand payouts must be signed before a transaction is created, rather than after funding."""
    hold_from_usd: Decimal | None = None
    """From how many US dollars on a funded transaction is held until staff release or refuse it; null: none is."""
    hold_on_hits: bool = False
    """Whether transactions of senders that are like somebody on a sanction list are held likewise."""


class App(msgspec.Struct, frozen=True):
    """A tenant: one organisation in one environment. Everything that clients own belongs to an app."""

    id: UUID
    organisation_id: UUID
    environment: Environment
    settings: AppSettings
    disabled_at: datetime | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether money here is play money."""
        return self.environment == "sandbox"


class Admitted(msgspec.Struct, frozen=True):
    """An app that was let in by one of its keys, and the time it lives in at that moment.

    `version`: what changes with the app's row. `has_own_clock`: whether its time is another than the real one.
    """

    app: App
    at: datetime
    version: str
    has_own_clock: bool


class Admission(msgspec.Struct, frozen=True):
    """What lets a caller in whom the process knows: written along with what the caller changes, or not at all.

    `version`: that of the app as it is remembered; `at`: the time that was taken for the app's.
    """

    app_id: UUID
    key_id: UUID
    nonce: bytes
    version: str
    at: datetime


class ApiKey(msgspec.Struct, frozen=True):
    """A key of an app, without its secret.

    `revoked_at`: from when on it is refused, which lies ahead while it is being replaced. `enabled_at`: since when it
    works; not set while it waits for staff. `is_active`: whether it works now.
    """

    id: UUID
    app_id: UUID
    key: str
    created_at: datetime
    revoked_at: datetime | None
    enabled_at: datetime | None
    is_active: bool


class Credential(msgspec.Struct, frozen=True):
    """A key with its secret in clear, for checking and making signatures. It does not show the secret when printed."""

    key_id: UUID
    app_id: UUID
    environment: Environment
    key: str
    secret: str

    def __repr__(self) -> str:
        return f"Credential(key_id={self.key_id}, app_id={self.app_id}, environment={self.environment!r})"
