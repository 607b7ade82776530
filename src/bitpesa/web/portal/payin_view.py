"""A transaction's payin methods as its page shows them: where each stands, what its payer is told, what came of it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bitpesa.payments.collections import rules
from bitpesa.payments.collections.catalogue import payin_type
from bitpesa.payments.collections.model import KeptReceipt, PayinField, PayinMethod, PayinMethodState, UxFlow
from bitpesa.payments.collections.wire import instructions, reason_details
from bitpesa.payments.senders import rules as sender_rules
from bitpesa.payments.transactions import rules as transaction_rules
from bitpesa.payments.transactions.model import Payment
from bitpesa.tenants.organisations.model import App

FOR_PROGRAMS = "style"
"""A key of `out_details` that says how to lay the others out: nothing that a payer is told."""


class Told(msgspec.Struct, frozen=True):
    """One line of what a payer is told."""

    label: str
    value: str
    is_page: bool


class Payin(msgspec.Struct, frozen=True, kw_only=True):
    """A payin method as the page shows it."""

    method: PayinMethod
    name: str
    reason: dict[str, object] | None
    told: tuple[Told, ...]
    instructions: dict[str, str]
    receipts: tuple[KeptReceipt, ...]
    awaits_code: bool
    may_edit: bool
    may_retry: bool

    @property
    def received_minor(self) -> int:
        """All that ever came, what goes back included."""
        return sum(receipt.amount_minor for receipt in self.receipts)


def payins_of(app: App, payment: Payment, receipts: Sequence[KeptReceipt], now: datetime) -> list[Payin]:
    """The payin methods of a payment, in order, each with the money that reached it."""
    approved = sender_rules.is_approved(payment.sender.state, app.settings)
    problem = transaction_rules.why_not_collectable(payment.transaction, sender_approved=approved, now=now)
    return [
        Payin(
            method=method,
            name=f"{method.type} by {method.ux_flow}" if method.ux_flow else method.type,
            reason=None if method.result_code is None else reason_details(method.result_code),
            told=tuple(_told(method)),
            instructions=instructions(method.type, method.ux_flow),
            receipts=tuple(receipt for receipt in receipts if receipt.payin_method_id == method.id),
            awaits_code=method.state is PayinMethodState.INCOMPLETE,
            may_edit=is_editable(method) and (method.state is not PayinMethodState.ERROR or problem is None),
            may_retry=method.state is PayinMethodState.ERROR and problem is None,
        )
        for method in payment.payin_methods
    ]


def is_editable(method: PayinMethod) -> bool:
    """Whether its details may be changed now; one that the sandbox added has none."""
    return method.state in rules.EDITABLE and bool(fields_of(method.type, method.ux_flow))


def fields_of(type_: str, ux_flow: str | None) -> list[tuple[str, PayinField]]:
    """The details that a flow of a payin type asks for by name, those that are needed first."""
    found = payin_type(type_)
    if found is None or ux_flow not in found.flows:
        return []
    flow = UxFlow(ux_flow)
    asked = [(name, field) for name, field in found.fields.items() if field.is_asked_in(flow)]
    return sorted(asked, key=lambda each: each[1].need != "always")


def _told(method: PayinMethod) -> list[Told]:
    return [
        Told(name, str(value), str(value).startswith(("https://", "http://")))
        for name, value in method.out_details.items()
        if name != FOR_PROGRAMS
    ]
