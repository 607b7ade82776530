"""A proof of payment shows every name, in whatever script, and what a payee can hold against it."""

import re
import zlib
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from bitpesa.kernel.values.money import Money
from bitpesa.ops.reports.letters import _CJK, font_file
from bitpesa.ops.reports.proof_of_payment import Evidence, Issuer, Proof, proof, render
from tests.payments.transactions.examples import payment

US = Issuer("Nairobi Payments Ltd", "1 Moi Avenue, Nairobi")

NAMES = {
    "Latin": "Jane Doe",
    "Yoruba": "Adébáyọ̀ Ọlátúnjí",
    "Hausa": "Ɓala Ƙasa",
    "Ewe": "Ŋɔ Ƒia",
    "Vietnamese": "Nguyễn Thị Hương",
    "Greek": "Αλέξανδρος Παπαδόπουλος",
    "Cyrillic": "Кузнецова",
    "Arabic": "محمد صلاح",
    "Devanagari": "देवनागरी",
    "Ethiopic": "አበበ ቢቂላ",
    "Bengali": "অলোকা কান্ত",
    "Tamil": "ஷாஷினி நறுமலர்",
    "Thai": "บุญพา นุ่มกัน",
    "Hebrew": "שירה אלקיים",
    "Georgian": "მანანა სვანიძე",
    "Armenian": "Գուրգեն Խանբաբյան",
    "Gujarati": "ગાંધી",
    "Gurmukhi": "ਸਿੰਘ",
    "Kannada": "ಕನ್ನಡ",
    "Khmer": "ខ្មែរ",
    "Lao": "ລາວ",
    "Malayalam": "മലയാളം",
    "Myanmar": "မြန်မာ",
    "Odia": "ଓଡ଼ିଆ",
    "Sinhala": "සිංහල",
    "Telugu": "తెలుగు",
}
"""A name in each script of which there is a font."""

LATINISED = {
    "Tifinagh": ("ⴰⵎⴰⵣⵉⵖ ⵢⵓⴱⴰ", "amazigh yuba"),
    "N'Ko": ("ߞߏߦߌ ߖߊߟߐ", "koyi jalo"),
    "Adlam": ("𞤀𞤣𞤢𞤥 𞤁𞤭𞤢𞤤𞤮", "Adam Dialo"),
}
"""Names in scripts without a font."""

CJK = {
    "Chinese": ("淑珍 王", "ShuZhen Wang"),
    "Korean": ("영숙 오", "YeongSug O"),
    "Japanese": ("渡辺 みか", "DuBian mika"),
}
HAS_CJK = font_file(_CJK, "fonts/ofl/notosanssc/NotoSansSC[wght].ttf") is not None


def named(name: str) -> Proof:
    return Proof(recipient_id=UUID(int=1), paid_at=datetime(2026, 3, 2, tzinfo=UTC), lines=(("Paid to", name),))


def letters_in(content: bytes) -> set[str]:
    """The letters that somebody copies out of a file, as its fonts say."""
    maps = b"".join(found for part in content.split(b"stream\n")[1::2] if b"beginbfchar" in (found := _inflated(part)))
    return {
        bytes.fromhex(each.decode()).decode("utf-16-be") for each in re.findall(rb"<[0-9A-F]+> <([0-9A-F]+)>", maps)
    }


def _inflated(part: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(part.partition(b"\nendstream")[0])
    except zlib.error:
        return part


@pytest.mark.parametrize("script", NAMES)
def test_every_letter_of_a_name_is_in_the_file(script: str, caplog: pytest.LogCaptureFixture) -> None:
    content = render(named(NAMES[script]), US)
    assert content.startswith(b"%PDF-")
    assert caplog.records == []  # the library tells of letters that no font has
    assert set(NAMES[script]) - set("".join(letters_in(content))) - {" "} == set()


@pytest.mark.parametrize("script", LATINISED)
def test_a_name_without_a_font_is_told_in_latin_letters(script: str, caplog: pytest.LogCaptureFixture) -> None:
    name, latin = LATINISED[script]
    written = set("".join(letters_in(render(named(name), US))))
    assert caplog.records == []
    assert set(latin) - written - {" "} == set()
    assert not set(name) & written - {" "}


@pytest.mark.parametrize("script", CJK)
def test_large_scripts_are_shown_where_their_fonts_are_and_latinised_elsewhere(
    script: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, latin = CJK[script]
    written = set("".join(letters_in(render(named(name), US))))
    assert caplog.records == []
    assert set(name if HAS_CJK else latin) - written - {" "} == set()


def test_a_name_that_nobody_can_see_leaves_no_line_empty() -> None:
    assert {"U", "+", "2", "0", "B"} <= letters_in(render(named("\u200b"), US))


def test_the_same_payout_gives_the_same_file() -> None:
    assert render(named("Jane አበበ"), US) == render(named("Jane አበበ"), US)


def test_a_very_long_name_is_told_whole() -> None:
    assert render(named("a" * 5000), US).startswith(b"%PDF-")


def test_only_the_sandbox_says_that_nobody_was_paid() -> None:
    play, real = (render(msgspec.structs.replace(named("Jane"), is_sandbox=each), US) for each in (True, False))
    words = "Made by a sandbox: nobody was paid, and no money moved."
    assert set(words) - letters_in(play) - {" "} == set()
    assert set(words) - letters_in(real) - {" "} != set()


def test_it_says_who_issued_it_both_amounts_the_rate_the_fee_and_the_reference_of_the_rail() -> None:
    paid = payment()
    (leg, *_) = paid.recipients
    leg = msgspec.structs.replace(
        leg, input=Money(1000, "USD"), output=Money(388_000, "NGN"), fee_minor=30, rate=Decimal(400)
    )
    lines = dict(proof(paid, leg, Evidence("7f at gtbank", "gtbank"), is_sandbox=False).lines)
    assert {name: lines[name] for name in ("Amount paid in", "Amount paid out", "Fee, of that", "Exchange rate")} == {
        "Amount paid in": "10.00 USD",
        "Amount paid out": "388,000 NGN",
        "Fee, of that": "0.30 USD",
        "Exchange rate": "1 USD = 400 NGN",
    }
    assert (lines["Rail reference"], lines["Confirmed by"]) == ("7f at gtbank", "gtbank")
    written = letters_in(render(Proof(recipient_id=leg.id, paid_at=leg.updated_at, lines=()), Issuer("Qwzy", "Xvk 9")))
    assert set("QwzyXvk9") <= written
