"""Names that people type: what is taken as one, and what of it stands in mail to others."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.names import MAX_QUOTED, quoted, read_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Ngũgĩ \n wa Thiong'o ", "Ngũgĩ wa Thiong'o"),
        ("Booking.com B.V.", "Booking.com B.V."),
        ("Müller & Söhne (Kenia) GmbH", "Müller & Söhne (Kenia) GmbH"),
        ("URGENT, log in at http://evil.example/now", None),
        ("log in at HTTPS://evil.example", None),
        ("www.evil.example", None),
        ("mailto:eve@evil.example", None),
        ("a\x00b", None),
        ("\u202egpj", "gpj"),
        (" \t\n", None),
        ("x" * 31, None),
    ],
)
def test_a_name_is_one_line_that_leads_nowhere(text: str, name: str | None) -> None:
    assert read_name(text, 30 if text == "x" * 31 else 255) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Nairobi Exports", "Nairobi Exports"),
        ("Ngũgĩ wa Thiong'o", "Ngũgĩ wa Thiong'o"),
        ("evil.example/login", "evil. example login"),
        ("http://evil.example", "http evil. example"),
        ("eve@evil.example", "eve evil. example"),
        ("Call +254 700 000 000 now", "Call 254… now"),
        ("Shop 24/7 No. 1234", "Shop 24 7 No. 1234"),
        ("a\r\nBcc: b", "a Bcc b"),
        ("\u202ea\u200bb", "a b"),
        ("x" * 300, "x" * (MAX_QUOTED - 1) + "…"),
    ],
)
def test_a_name_in_a_mail_is_short_and_makes_no_link(name: str, shown: str) -> None:
    assert quoted(name) == shown


@given(st.text(max_size=300) | st.from_regex(r"(https?://)?[a-z]{2,9}(\.[a-z]{2,6}){1,3}/[a-z]{0,9}"))
def test_no_mail_program_finds_a_link_in_it(name: str) -> None:
    shown = quoted(name)
    assert len(shown) <= MAX_QUOTED
    assert "\n" not in shown
    assert "\r" not in shown
    assert not re.search(r"\w\.\w|[:/@<>\\]|[0-9]{6}", shown)
