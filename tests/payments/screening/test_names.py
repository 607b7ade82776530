import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.latin import to_latin
from bitpesa.payments.screening.names import MOST_WORDS, entity_name, person_name
from bitpesa.payments.screening.sounds import alike, skeleton_of, sound_of


def words(name, of=person_name):
    return " ".join(of(name).words)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("  JOSÉ  Álvarez-Pérez ", "jose alvarez perez"),
        ("Dr. Анна Кузнецова", "anna kuznetsova"),
        ("Łukasz Çağlar Şahin", "lukasz caglar sahin"),
        ("Đặng Thị Huệ", "dang thi hue"),
        ("Ọlá Ẹ̀kọ́ Ƙofa", "ola eko kofa"),
        ("Σωκράτης", "sokratis"),
        ("刘伟", "liu wei"),
        ("Alhaji Musa Bello", "musa bello"),
        ("Sheikh Hasina", "sheikh hasina"),
        ("Ben Ali", "ben ali"),
        ("O\u2019Brien D'Souza", "obrien dsouza"),
        ("Muhammad bin Salman al-Exampli", "muhammad salman exampli"),
        ("1vanov Serg3i", "ivanov sergei"),
        ("", ""),
        ("--", ""),
    ],
)
def test_a_persons_name_is_its_words_in_latin_letters(name, plain):
    assert words(name) == plain


@pytest.mark.parametrize(
    "name",
    ["Abd al-Rahman", "Abdul Rahman", "Abdurrahman", "Abdulrahman", "ABDURAHMAN", "Abd-ul-Rahman", "Abdel Rahman"],
)
def test_whose_servant_somebody_is_called_is_one_word(name):
    assert words(f"{name} Exampli") == "abdrahman exampli"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Hollow. HARBOUR", "hollow harbour"),
        ("Hollow Harbour Ltd.", "hollow harbour"),
        ("HOLLOW HARBOUR LIMITED LIABILITY COMPANY", "hollow harbour"),
        ("Examplov S.A.R.L.", "examplov"),
        ("S A R L Examplov", "examplov"),
        ("Examplov Int'l Co.", "examplov international"),
        ("ETS Examplov", "examplov"),
        ("Examplov Sp. z o.o.", "examplov"),
        ("H & M", "h m"),
        ("Limited", "limited"),
    ],
)
def test_a_companys_name_is_without_its_legal_form(name, plain):
    assert words(name, entity_name) == plain


@given(st.text(max_size=80))
def test_any_text_has_words_in_plain_latin_letters(text):
    latin = to_latin(text)
    assert latin.isascii()
    assert latin == latin.lower()
    for of in (person_name, entity_name):
        found = of(text).words
        assert len(found) <= MOST_WORDS
        assert all(word.isalnum() and word.isascii() for word in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ismail", "esmail"),
        ("jibril", "gibril"),
        ("yakub", "jakub"),
        ("uthman", "othman"),
        ("qadhafi", "gaddafi"),
        ("muhammad", "mamadou"),
        ("hussein", "husayn"),
        ("mhmd", "mohammed"),
        ("narendra", "narender"),
        ("macron", "marcon"),
        ("abdkarim", "karim"),
    ],
)
def test_words_that_sound_alike_are_alike(one, other):
    assert alike(one, other, sound_of(one), sound_of(other)) >= 0.8
    assert alike(one, other, sound_of(one), sound_of(other)) == alike(other, one, sound_of(other), sound_of(one))


@pytest.mark.parametrize(("one", "other"), [("hassan", "hussein"), ("santos", "sanchez"), ("ali", "omar")])
def test_other_names_are_not(one, other):
    assert alike(one, other, sound_of(one), sound_of(other)) == 0


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_every_word_has_a_sound_and_something_to_be_looked_for_by(word):
    assert sound_of(word)
    assert skeleton_of(sound_of(word))
    assert alike(word, word, sound_of(word), sound_of(word)) == 1
