"""How things are said on pages."""

import pytest

from bitpesa.web.kit.labels import device, payee, plain_amount, spoken, time_left

KIT, LIKE = "AppleWebKit/537.36", "(KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "told"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64) {KIT} {LIKE} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {KIT} {LIKE} Version/18.5 Safari/605", "Safari on macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {KIT} CriOS/140.0 Safari/604.1", "Chrome on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {KIT} {LIKE} Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.14.1", "curl/8.14.1"),
        ("", "Unknown"),
    ],
)
def test_a_device_is_named_as_people_know_it(user_agent: str, told: str) -> None:
    assert device(user_agent) == told


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
