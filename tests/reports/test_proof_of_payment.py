import zlib
from datetime import UTC, datetime
from uuid import UUID

import pytest

from bitpesa.reports.proof_of_payment import Proof, render


def proof(name):
    return Proof(recipient_id=UUID(int=1), paid_at=datetime(2026, 3, 2, tzinfo=UTC), lines=(("Paid to", name),))


@pytest.mark.parametrize(
    "name", ["Jane Doe", "Adébáyọ̀ Ọlátúnjí", "Nguyễn Thị Hương", "Кузнецова", "محمد صلاح", "देवनागरी", "a" * 500]
)
def test_every_letter_of_a_name_is_in_the_file(name, caplog):
    content = render(proof(name))
    assert content.startswith(b"%PDF-")
    assert caplog.records == []  # the library tells of letters that no font has
    written = b"".join(
        _inflated(part) for part in content.split(b"stream\n")[1::2] if b"beginbfchar" in _inflated(part)
    )
    for letter in set(name.replace(" ", "")):
        assert f"{ord(letter):04X}".encode() in written.upper()


def _inflated(part):
    try:
        return zlib.decompressobj().decompress(part.partition(b"\nendstream")[0])
    except zlib.error:
        return part


def test_the_same_payout_gives_the_same_file():
    assert render(proof("Jane")) == render(proof("Jane"))


def test_a_letter_that_no_font_has_does_not_stop_it():
    assert render(proof("李雷")).startswith(b"%PDF-")
