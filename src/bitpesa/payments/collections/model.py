"""Payin types, and the payin methods of transactions that are of these types (flows 7)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec

from bitpesa.rails.providers.collecting import CollectionOrder


class UxFlow(StrEnum):
    """What the payer goes through."""

    USSD_POPUP = "ussd_popup"
    USSD_VOUCHER = "ussd_voucher"
    USSD_MENU_APPROVAL = "ussd_menu_approval"
    OTP_VERIFIED_USSD_POPUP = "otp_verified_ussd_popup"
    BANK_TRANSFER = "bank_transfer"
    HTTP_REDIRECT = "http_redirect"
    BLOCKCHAIN = "blockchain"
    UNKNOWN = "unknown"


OtpSource = Literal["sent", "brought"]
"""Whether the collector sends the payer a code that comes back by PATCH, or the payer brings one of his own."""


class Flow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to pay by a payin type. With `routes`, it serves only details that fit one of them."""

    hours_to_pay: int = 1
    routes: tuple[dict[str, str], ...] = ()
    otp: OtpSource | None = None
    old_providers: tuple[str, ...] = ()
    """The providers that meant this flow while clients named a provider in place of one."""
    instructions: dict[str, str] = {}


class PayinField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One detail that a payin method asks for; in `flows` only, where some are named."""

    need: Literal["always", "optional"] = "optional"
    format: Literal["phone", "digits", "url", "flag"] | None = None
    pattern: str | None = None
    options: dict[str, str] = {}
    flows: tuple[UxFlow, ...] = ()

    def is_asked_in(self, flow: UxFlow) -> bool:
        """Whether a flow asks for it."""
        return not self.flows or flow in self.flows


class PayinType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way of collecting one currency. One that is not offered is closed to apps whose settings do not open it."""

    type: str
    countries: tuple[str, ...]
    offered: bool
    reference: Literal["digits", "letters"]
    fields: dict[str, PayinField]
    flows: dict[UxFlow, Flow]
    example: dict[str, str]

    @property
    def currency(self) -> str:
        """The currency that is collected."""
        return self.type[:3]


class PayinMethodState(StrEnum):
    """Where a collection stands (flows 5.4)."""

    INCOMPLETE = "incomplete"
    INITIAL = "initial"
    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    ERROR = "error"
    MISPAID = "mispaid"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    EXCEPTION = "exception"


OPEN = frozenset(
    {
        PayinMethodState.INCOMPLETE,
        PayinMethodState.INITIAL,
        PayinMethodState.PENDING,
        PayinMethodState.PROCESSING,
        PayinMethodState.ERROR,
    }
)
"""States in which money is still welcome."""

ACTIVE = frozenset({PayinMethodState.PENDING, PayinMethodState.PROCESSING})
"""States in which the payer has been asked: his transaction is `pending`."""


class PayinMethod(msgspec.Struct, frozen=True, kw_only=True):
    """One way of collecting a transaction's money from its sender.

    `attempt_id` is the reference under which the collecting provider was last asked; `closed_at` is when money stopped
    being welcome. `page_token` names the page on which the payer confirms, where there is one.
    """

    app_id: UUID
    id: UUID
    transaction_id: UUID
    position: int = 0
    type: str
    ux_flow: str | None = None
    state: PayinMethodState
    result_code: str | None = None
    state_reason: str | None = None
    in_details: dict[str, Any] = {}
    out_details: dict[str, Any] = {}
    page_token: str | None = None
    attempt_id: UUID | None = None
    attempts: int = 0
    faults: int = 0
    """How often the work on it failed unexpectedly since a provider last answered."""
    start_due_at: datetime | None = None
    ask_due_at: datetime | None = None
    pending_since: datetime | None = None
    closed_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether money is still welcome."""
        return self.state in OPEN


class ClaimedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A payin method that was claimed, with its request as it was handed over.

    `provider` is the name of whoever got it, `order` what it was asked for; both stay as they are (design decision 7).
    Not `is_recorded`: nobody was handed a request under this reference, or it is not known who; then both are as they
    would be now.
    """

    method: PayinMethod
    provider: str
    order: CollectionOrder
    is_recorded: bool = True


class ClaimedRequests(msgspec.Struct, frozen=True):
    """What a claim took: requests that can be handed over, and payin methods for which none could be made, with why."""

    ready: list[ClaimedRequest]
    failed: list[tuple[PayinMethod, Exception]]


class KeptReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Money that reached a payin method: accepted for its transaction, or surplus that must go back to the payer."""

    app_id: UUID
    id: UUID
    transaction_id: UUID
    payin_method_id: UUID
    reference: str
    currency: str
    amount_minor: int
    accepted: bool
    received_at: datetime
    returned_at: datetime | None = None


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """How often a collecting provider is asked. All times are divided by `speedup`."""

    often: timedelta = timedelta(minutes=1)
    often_for: timedelta = timedelta(hours=1)
    seldom: timedelta = timedelta(minutes=15)
    after_closing: tuple[timedelta, ...] = tuple(timedelta(hours=h) for h in (1, 6, 24, 72))
    """When a closed payin method is looked at for money that came all the same."""
    speedup: int = 1

    def next_while_open(self, pending_for: timedelta) -> timedelta:
        """How long to wait before asking again about a request that the payer has."""
        often = pending_for < self.often_for / self.speedup
        return (self.often if often else self.seldom) / self.speedup

    def next_after_closing(self, closed_for: timedelta) -> timedelta | None:
        """How long after its closing a payin method is looked at next; None: not any more."""
        return next((at / self.speedup for at in self.after_closing if at / self.speedup > closed_for), None)
