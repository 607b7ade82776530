"""How well names are told from each other, on small sets of our own: nobody in them exists.

`docs/evidence/` says how the same code does on public sets, which are too large and not ours to keep.
"""

import csv
from itertools import product
from pathlib import Path

import pytest

from bitpesa.payments.screening.index import Index, Thresholds
from bitpesa.payments.screening.model import Entry, Kind, Listed, Subject

PAIRS = list(csv.DictReader(Path(__file__).with_name("labelled.csv").read_text(encoding="utf-8").splitlines()))

GIVEN = ["Ismail", "Yusuf", "Abdulkarim", "Qasim", "Dmitri", "Aleksandr", "Kwabena", "Chukwuemeka", "Jibril", "Uthman"]
FAMILY = ["Examplidze", "Testouma", "al-Samplari", "Modelov", "Wanderi-Testal", "Prototypov", "Exampladi", "Musterkhan"]
VARIANTS = {
    "Ismail": ["Esmail", "Ismael"],
    "Yusuf": ["Youssef", "Yousef"],
    "Abdulkarim": ["Abd al-Karim", "Abdelkarim"],
    "Qasim": ["Kassem", "Gasim"],
    "Dmitri": ["Dmitry", "Dimitri"],
    "Aleksandr": ["Alexander", "Alexandre"],
    "Kwabena": ["Kwabenah", "Kwabina"],
    "Chukwuemeka": ["Chukwu Emeka", "Chukuemeka"],
    "Jibril": ["Gibril", "Djibril"],
    "Uthman": ["Othman", "Ousmane"],
    "Examplidze": ["Eksamplidze", "Examplidzee"],
    "Testouma": ["Testuma", "Tesstouma"],
    "al-Samplari": ["Samplari", "el-Samplary"],
    "Modelov": ["Modelow", "Modeloff"],
    "Wanderi-Testal": ["Wanderi Testal", "Wanderitestal"],
    "Prototypov": ["Prototipov", "Protoytpov"],
    "Exampladi": ["Eksampladi", "Exampladdi"],
    "Musterkhan": ["Musterhan", "Muster Khan"],
}
COMMON_GIVEN = ["John", "Mary", "Muhammad", "Fatima", "Emmanuel", "Grace", "Abubakar", "Amina", "Peter", "Jean", "Kofi"]
COMMON_FAMILY = ["Smith", "Ali", "Hassan", "Okafor", "Mensah", "Mwangi", "Diallo", "Traore", "Ibrahim", "Khan", "Banda"]


def index_of(*entries):
    return Index([Listed("test", False, entry) for entry in entries])  # noqa: FBT003


def find(index, name, kind=Kind.PERSON, birth_date=None):
    return index.find(Subject(kind=kind, names=(name,), birth_date=birth_date), Thresholds(), sandbox=True)


@pytest.mark.parametrize(
    "pair", [pytest.param(pair, id=f"{pair['listed']} / {pair['name']}: {pair['wanted']}") for pair in PAIRS]
)
def test_a_labelled_pair_is_told_as_people_told_it(pair):
    kind = Kind(pair["kind"])
    found = find(index_of(Entry(uid="1", kind=kind, names=(pair["listed"],))), pair["name"], kind)
    match pair["wanted"]:
        case "hit":
            assert found
        case "not decisive":
            assert not any(match.decisive for match in found)
        case "nothing":
            assert found == []


def test_variants_of_names_are_found_on_a_list():
    listed = [" ".join(parts) for parts in product(GIVEN, FAMILY)]
    index = index_of(*(Entry(uid=name, kind=Kind.PERSON, names=(name,)) for name in listed))
    asked = [
        (f"{first} {last}", f"{other_first} {other_last}")
        for first, last in product(GIVEN, FAMILY)
        for other_first, other_last in product([first, *VARIANTS[first]], [last, *VARIANTS[last]])
    ]
    missed = [
        (name, other) for name, other in asked if name not in {match.listed.entry.uid for match in find(index, other)}
    ]
    assert len(missed) <= 0.03 * len(asked), missed[:20]


def test_common_names_hold_nobody_without_a_birth_date():
    """Whoever is listed by names that many have is for people to look at, until the birth date is the same."""
    names = [" ".join(parts) for parts in product(COMMON_GIVEN, COMMON_FAMILY)]
    index = index_of(*(Entry(uid=n, kind=Kind.PERSON, names=(n,), birth_dates=("1970-01-01",)) for n in names))
    found = {name: find(index, name) for name in names}
    assert all(found.values())
    assert sum(any(match.decisive for match in matches) for matches in found.values()) <= 0.01 * len(names)
    (match, *_) = find(index, "John Smith", birth_date="1970-01-01")
    assert (match.decisive, match.confirmed) == (True, True)
    unlisted = index_of(*(Entry(uid=n, kind=Kind.PERSON, names=(n,)) for n in map(" ".join, product(GIVEN, FAMILY))))
    hits = [name for name in names if find(unlisted, name)]
    assert len(hits) <= 0.01 * len(names), hits
