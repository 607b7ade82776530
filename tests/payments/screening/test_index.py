import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitpesa.payments.screening.index import Index, Thresholds
from bitpesa.payments.screening.model import Entry, Kind, Listed, Subject

VEX = Entry(
    uid="1",
    kind=Kind.PERSON,
    names=("Zebulon Quartermaine Vex", "Зебулон Векс"),
    birth_dates=("1961-05-17",),
    countries=("ng",),
)
HARBOUR = Entry(uid="2", kind=Kind.ENTITY, names=("Hollow Harbour Trading Limited",))
STAR = Entry(uid="3", kind=Kind.OTHER, names=("Zebulon Quartermaine Vex",))
INDEX = Index([Listed("test", False, VEX), Listed("test", False, HARBOUR), Listed("test", False, STAR)])  # noqa: FBT003
THRESHOLDS = Thresholds()


def find(name, kind=Kind.PERSON, birth_date=None, index=INDEX, countries=()):
    subject = Subject(kind=kind, names=(name,), birth_date=birth_date, countries=countries)
    return index.find(subject, THRESHOLDS, sandbox=True)


@pytest.mark.parametrize(
    "name",
    [
        "Zebulon Quartermaine Vex",
        "VEX, zebulon quartermaine",
        "Zébulon  Quartermaine VEX",
        "Mr. Zebulon Quartermaine Vex",
        "Zebulon Quartermain Vex",
        "Zebulon Veks",
    ],
)
def test_a_name_is_found_however_it_is_written(name):
    (match,) = find(name)
    assert (match.listed.entry.uid, match.decisive) == ("1", True)


@pytest.mark.parametrize("name", ["Jane Doe", "Zebulon Smith", "Vex", "Quartermaine Zeta Jones", "", "Hollow Harbour"])
def test_other_names_are_not(name):
    assert find(name) == []


def test_a_name_without_its_middle_is_for_people_to_look_at_until_the_birth_date_agrees():
    (match,) = find("Zebulon Vex", index=Index([Listed("test", False, ENTRY_OF_ONE_NAME)]))  # noqa: FBT003
    assert (match.score, match.decisive) == (90, False)
    (match,) = find("Zebulon Vex", birth_date="1961-05-17", index=Index([Listed("test", False, ENTRY_OF_ONE_NAME)]))  # noqa: FBT003
    assert (match.score, match.decisive) == (95, True)


ENTRY_OF_ONE_NAME = Entry(uid="1", kind=Kind.PERSON, names=("Zebulon Quartermaine Vex",), birth_dates=("1961-05-17",))


def test_another_birth_date_leaves_the_decision_to_people():
    (match,) = find("Zebulon Quartermaine Vex", birth_date="1990-01-01")
    assert (match.score, match.decisive) == (85, False)
    assert match.reasons == ("the same name: Zebulon Quartermaine Vex", "another birth date: 1961-05-17")
    (match,) = find("Zebulon Quartermaine Vex", birth_date="1961-01-01", countries=("NG",))
    assert (match.score, match.decisive) == (100, True)
    assert match.reasons[1:] == ("the same country: ng",)


@pytest.mark.parametrize(
    "name", ["Hollow Harbour Trading Ltd", "HOLLOW HARBOUR TRADING", "Hollow Harbour Trading Inc."]
)
def test_a_company_is_found_without_its_legal_form(name):
    (match,) = find(name, Kind.ENTITY)
    assert (match.listed.entry.uid, match.decisive) == ("2", True)


def test_a_list_of_the_sandbox_finds_nobody_on_live():
    index = Index([Listed("sample", True, VEX)])  # noqa: FBT003
    subject = Subject(kind=Kind.PERSON, names=VEX.names)
    assert index.find(subject, THRESHOLDS, sandbox=True)
    assert index.find(subject, THRESHOLDS, sandbox=False) == []


def test_a_list_without_anybody_finds_nobody():
    assert find("Zebulon Vex", index=Index([])) == []


@settings(deadline=None)  # the first name loads what knows names
@given(st.text(max_size=60))
def test_any_name_can_be_looked_for(name):
    for kind in (Kind.PERSON, Kind.ENTITY):
        assert all(THRESHOLDS.hit <= match.score <= 100 for match in find(name, kind))


@settings(deadline=None)
@given(st.permutations(["Zebulon", "Quartermaine", "Vex"]))
def test_the_order_of_words_does_not_matter(words):
    assert find(" ".join(words))[0].score == 100
