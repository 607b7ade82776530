import pytest

from bitpesa.pages.words import payee, plain_amount, spoken, time_left


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 min 00 s"), (61, "1 min 01 s"), (7199, "119 min 59 s"), (7200, "2 h 00 min"), (86_399, "23 h 59 min")],
)
def test_a_time_is_told_as_finely_as_it_matters(seconds: int, told: str) -> None:
    assert time_left(seconds) == told


@pytest.mark.parametrize(
    ("name", "told"), [("bank_account", "Bank account"), ("iban", "IBAN"), ("checkout_url", "Checkout URL"), ("", "")]
)
def test_fields_are_named_as_people_write_them(name: str, told: str) -> None:
    assert spoken(name) == told


def test_a_balance_is_paid_without_a_name() -> None:
    assert payee({"reference": "X"}, "USD::Balance") == "Own USD balance"
    assert payee({"first_name": "Ada", "last_name": "Obi"}, "NGN::Bank") == "Ada Obi"
    assert payee({}, "NGN::Bank") == "No name"


def test_an_amount_is_written_as_it_is_sent() -> None:
    assert (plain_amount(123450, "USD"), plain_amount(5000, "XOF")) == ("1234.50", "5000")
