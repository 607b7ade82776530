"""A corridor: one payout type, what it asks of the recipient's details and of the sender, and the banks it reaches."""

from enum import StrEnum

import msgspec


class Method(StrEnum):
    """How a corridor pays."""

    BANK = "bank"
    MOBILE = "mobile"
    CASH = "cash"
    BALANCE = "balance"
    CRYPTO = "crypto"


class Need(StrEnum):
    """Whether a kind of recipient has to give a field."""

    ALWAYS = "always"
    OPTIONAL = "optional"
    CONDITIONAL = "conditional"
    UNUSED = "unused"


class Format(StrEnum):
    """What a field holds, where it is more than text."""

    PHONE = "phone"
    LOCAL_PHONE = "local_phone"
    EMAIL = "email"
    DIGITS = "digits"
    COUNTRY = "country"
    BIRTH_DATE = "birth_date"
    ACCOUNT = "account"
    IBAN = "iban"
    XOF_ACCOUNT = "xof_account"
    XAF_ACCOUNT = "xaf_account"
    BIC = "bic"


class Bank(msgspec.Struct, frozen=True):
    """A bank, or a branch of one, by the code that details name it with."""

    code: str
    label: str
    country: str


class CorridorField(msgspec.Struct, frozen=True, kw_only=True):
    """One detail of a payout: who gives it, and what it may hold.

    A conditional field is needed when any of `when_given` is given (or nothing is named there) and none of
    `unless_given` is. `options` are all that it may hold, by their labels; `options_by_country` narrows them further.
    One that is `beyond_sdks` is in no model of the official SDKs, so that their users cannot send it.
    """

    name: str
    person: Need
    business: Need
    when_given: tuple[str, ...] = ()
    unless_given: tuple[str, ...] = ()
    format: Format | None = None
    pattern: str | None = None
    longest: int
    options: dict[str, str] = {}
    options_by_country: dict[str, tuple[str, ...]] = {}
    default: str | None = None
    beyond_sdks: bool = False

    @property
    def kind(self) -> str:
        """The control that a form shows for it."""
        return "select" if self.options else "input"

    def need(self, recipient_type: str) -> Need:
        """Whether recipients of a type have to give it."""
        return self.business if recipient_type == "business" else self.person


class SenderNeed(msgspec.Struct, frozen=True, kw_only=True):
    """What a corridor asks of its senders beyond KYC (flows 3.3). `of` is person, business or both.

    `choices` narrows what a field may hold; `when_paid_in` limits the need to payouts into these countries.
    """

    of: str
    fields: tuple[str, ...]
    choices: dict[str, tuple[str, ...]] = {}
    when_paid_in: tuple[str, ...] = ()


class Corridor(msgspec.Struct, frozen=True, kw_only=True):
    """A payout type. One that is not offered is closed to every app whose settings do not open it."""

    type: str
    currency: str
    countries: tuple[str, ...]
    method: Method
    offered: bool
    recipient_types: tuple[str, ...]
    refuses_wtr2: bool
    business_paid_by: tuple[str, ...]
    """The types of sender that may pay a business."""
    fields: tuple[CorridorField, ...]
    sender_needs: tuple[SenderNeed, ...]
    banks: tuple[Bank, ...]
    examples: dict[str, dict[str, str]]
    """Details that pass, by recipient type."""

    def field(self, name: str) -> CorridorField | None:
        """The field of a name."""
        return next((field for field in self.fields if field.name == name), None)
