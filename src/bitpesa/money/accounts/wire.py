"""The JSON forms of balances and debits (flows 6)."""

from typing import Any

from bitpesa.kernel.values.money import Money, minor_to_number
from bitpesa.kernel.values.timestamps import to_wire
from bitpesa.money.accounts.model import Debit


def account_json(balance: Money) -> dict[str, Any]:
    """A balance."""
    return {"amount": minor_to_number(balance.minor, balance.currency), "currency": balance.currency}


def debit_json(debit: Debit) -> dict[str, Any]:
    """A debit that was made."""
    return {
        "id": str(debit.id),
        "amount": minor_to_number(debit.amount.minor, debit.amount.currency),
        "currency": debit.amount.currency,
        "to_id": str(debit.to_id),
        "to_type": debit.to_type,
        "metadata": debit.metadata,
        "created_at": to_wire(debit.created_at),
        "usd_amount": minor_to_number(debit.usd_minor, "USD"),
        "running_balance": minor_to_number(debit.running_balance, debit.amount.currency),
        "errors": {},
    }
