from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts.model import Debit
from bitpesa.money.accounts.wire import account_json, debit_json


def test_a_balance_is_a_plain_number_with_its_currency():
    assert account_json(Money(123450, "USD")) == {"amount": Decimal("1234.5"), "currency": "USD"}
    assert account_json(Money(-700, "XOF")) == {"amount": -700, "currency": "XOF"}


def test_a_debit_tells_what_was_taken_and_what_is_left():
    debit = Debit(
        app_id=UUID(int=1),
        id=UUID(int=2),
        to_type="Transaction",
        to_id=UUID(int=3),
        amount=Money(200_000, "USD"),
        usd_minor=200_000,
        running_balance=-50,
        posting_id=UUID(int=4),
        metadata={"order": 7},
        created_at=datetime(2026, 3, 2, 9, 0, 0, 1500, UTC),
    )
    assert debit_json(debit) == {
        "id": "00000000-0000-0000-0000-000000000002",
        "amount": 2000,
        "currency": "USD",
        "to_id": "00000000-0000-0000-0000-000000000003",
        "to_type": "Transaction",
        "metadata": {"order": 7},
        "created_at": "2026-03-02T09:00:00.001Z",
        "usd_amount": 2000,
        "running_balance": Decimal("-0.5"),
        "errors": {},
    }
