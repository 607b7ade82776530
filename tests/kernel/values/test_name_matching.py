import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.name_matching import name_words, names_agree


@pytest.mark.parametrize(
    ("given_name", "holder"),
    [
        ("Ɗanladi Ƙaura", "DANLADI KAURA"),  # Hausa
        ("Ɛsi Ɔwusu", "ESI OWUSU"),  # Akan
        ("ɛsi", "ESI"),
        ("Ọláwálé", "OLAWALE"),  # Yoruba
        ("Işık Özgür", "ISIK OZGUR"),  # Turkish
        ("İpek", "IPEK"),
        ("Đặng Văn", "DANG VAN"),  # Vietnamese
        ("Łukasz", "LUKASZ"),  # Polish
        ("Ŧest Üser", "TEST USER"),
        ("Jean-Pierre Mbarga", "JEAN PIERRE MBARGA"),
        ("Jean-Pierre Mbarga", "JEANPIERRE MBARGA"),
        ("O'Neil Obi", "ONEIL OBI"),
        ("O\u2019Neil", "O'NEIL"),
        ("Test,", "TEST"),
        ("Test User.", "USER TEST"),
        ("Test-User -", "TEST USER"),
        ("Test 'User'", "TEST USER"),
        ("Test User\u200b", "TEST USER"),
        ("Müller", "MUELLER"),
        ("Muller", "MÜLLER"),
        ("Anne", "Mary Anne Doe"),
    ],
)
def test_what_registers_spell_in_their_own_ways_agrees(given_name, holder):
    assert names_agree(given_name, holder)


@pytest.mark.parametrize(
    ("given_name", "holder"),
    [("John Doe", "JANE DOE"), ("-", "TEST USER"), ("", "TEST"), ("Te st", "TEST USER"), ("Doe Smith", "DOE")],
)
def test_other_names_do_not(given_name, holder):
    assert not names_agree(given_name, holder)


@given(st.text())
def test_words_are_plain_letters_and_digits(name):
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in name_words(name))
