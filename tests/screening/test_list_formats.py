"""Every format is read from a few lines in its shape; nobody in them exists."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.screening.list_formats import FORMATS, UnreadableList, read_entries, recognise
from bitpesa.screening.model import Entry, Kind

SIMPLE = (
    "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset\n"
    'Q1,Person,Zebulon Vex,"Zeb Vex;Зебулон Векс",1961-05-17;1962,ng;gh,,,UN list,,,,Test\n'
    "Q2,Vessel,Dark Star,,,,,,,,,,Test\n"
)

OFAC = (
    '36,"VEX, Zebulon Quartermaine","individual","TESTPROG",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,'
    '"DOB 17 May 1961; alt. DOB 1962; nationality Nigeria; Gender Male."\n'
    '37,"HOLLOW HARBOUR TRADING",-0- ,"TESTPROG",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n'
    '38,"DARK STAR","vessel","TESTPROG",-0- ,"X",-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n\x1a'
)
ALT = '36,12,"aka","VEX, Zeb",-0- \n99,13,"aka","NOBODY",-0- \n'

EU = (
    "\ufefffileGenerationDate;Entity_LogicalId;Entity_SubjectType;Entity_SubjectType_ClassificationCode;"
    "Entity_Regulation_Programme;NameAlias_LastName;NameAlias_FirstName;NameAlias_MiddleName;NameAlias_WholeName;"
    "BirthDate_BirthDate;Citizenship_CountryIso2Code\n"
    "24/11/2026;13;P;person;TST;Vex;Zebulon;;Zebulon Vex;;\n"
    "24/11/2026;13;P;person;TST;Vex;Zeb;;;;\n"
    "24/11/2026;13;P;person;TST;;;;;1961-05-17;NG\n"
    "24/11/2026;14;E;enterprise;TST;;;;Hollow; Harbour;;\n".replace("Hollow; Harbour", '"Hollow; Harbour"')
)

UK = (
    "Last Updated,24/11/2026\n"
    "Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Title,Name Non-Latin Script,DOB,Nationality,Group Type,Alias Type,"
    "Regime,Group ID\n"
    "VEX,Zebulon,Quartermaine,,,,,Зебулон Векс,17/05/1961,Nigeria,Individual,Primary name,Test,7001\n"
    "VEX,Zeb,0,,,,,,00/00/1962,Nigeria,Individual,AKA,Test,7001\n"
    "HOLLOW HARBOUR,,,,,,,,,,Entity,Primary name,Test,7002\n"
)

UK_OF_2026 = (
    "Report Date: 24-Nov-2026\n"
    "Last Updated,Unique ID,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,Name non-latin script,Regime Name,"
    "Designation Type,D.O.B,Nationality(/ies)\n"
    "24/11/2026,TST0001,VEX,Zebulon,,,,,Primary Name,,Test,Individual,dd/mm/1961,Nigeria\n"
)


def by_uid(text, **options):
    return {entry.uid: entry for entry in read_entries(text, recognise(text), **options)}


@pytest.mark.parametrize(
    ("text", "format_"), [(SIMPLE, "simple"), (OFAC, "ofac"), (EU, "eu"), (UK, "uk"), (UK_OF_2026, "uk")]
)
def test_a_format_is_told_by_its_columns(text, format_):
    assert recognise(text) == format_


def test_the_simple_format():
    assert by_uid(SIMPLE)["Q1"] == Entry(
        uid="Q1",
        kind=Kind.PERSON,
        names=("Zebulon Vex", "Zeb Vex", "Зебулон Векс"),
        birth_dates=("1961-05-17", "1962"),
        countries=("ng", "gh"),
        programme="UN list",
    )
    assert by_uid(SIMPLE)["Q2"].kind is Kind.OTHER


def test_the_american_format_with_its_aliases():
    found = by_uid(OFAC, aliases=ALT)
    assert found["36"] == Entry(
        uid="36",
        kind=Kind.PERSON,
        names=("Zebulon Quartermaine VEX", "Zeb VEX"),
        birth_dates=("1961-05-17",),
        countries=("Nigeria",),
        programme="TESTPROG",
    )
    assert [found[uid].kind for uid in ("37", "38")] == [Kind.ENTITY, Kind.OTHER]


def test_the_european_format_gathers_its_rows():
    found = by_uid(EU)
    assert found["13"] == Entry(
        uid="13",
        kind=Kind.PERSON,
        names=("Zebulon Vex", "Zeb Vex"),
        birth_dates=("1961-05-17",),
        countries=("NG",),
        programme="TST",
    )
    assert (found["14"].kind, found["14"].names) == (Kind.ENTITY, ("Hollow; Harbour",))


def test_both_british_formats():
    found = by_uid(UK)
    assert found["7001"] == Entry(
        uid="7001",
        kind=Kind.PERSON,
        names=("Zebulon Quartermaine VEX", "Зебулон Векс", "Zeb VEX"),
        birth_dates=("1961-05-17", "1962"),
        countries=("Nigeria",),
        programme="Test",
    )
    assert found["7002"].kind is Kind.ENTITY
    newer = by_uid(UK_OF_2026)["TST0001"]
    assert (newer.kind, newer.names, newer.birth_dates) == (Kind.PERSON, ("Zebulon VEX",), ("1961",))


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n", "<html></html>", "1,2,3,4,5,6,7,8,9,10,11\n"])
def test_anything_else_is_refused(text):
    with pytest.raises(UnreadableList):
        recognise(text)


def test_a_list_with_nobody_on_it_is_refused():
    with pytest.raises(UnreadableList):
        read_entries(SIMPLE.splitlines()[0], "simple")


LONG = "x" * 201


@pytest.mark.parametrize(
    ("text", "format_", "words"),
    [
        (SIMPLE + "Q3,Person\n", "simple", "line 4: it has 2 columns, and the heading 13"),
        (SIMPLE + "Q3,Person,a,b,c,d,e,f,g,h,i,j,k,l\n", "simple", "line 4: it has 14 columns, and the heading 13"),
        (SIMPLE + ",Person,No Id,,,,,,,,,,\n", "simple", "line 4: it does not say by which number or id"),
        (SIMPLE + f"{LONG},Person,Name,,,,,,,,,,\n", "simple", "line 4: an id is longer than 200 characters"),
        (SIMPLE + "Q3,Person,Na\0me,,,,,,,,,,\n", "simple", "line 4: this is no text"),
        (SIMPLE + 'Q3,Person,"cut of', "simple", "line 4: unexpected end of data"),
        (SIMPLE + 'Q3,Person,"a"b,,,,,,,,,,\n', "simple", "line 4: ',' expected after '\"'"),
        (SIMPLE + "Q3,Person," + "n" * 200_000 + ",,,,,,,,,,\n", "simple", "line 4: field larger than field limit"),
        (SIMPLE + '"Q3",Person,"two\nlines",,,,,,,,,,\nQ4\n', "simple", "line 6: it has 1 columns"),
        (SIMPLE, "eu", "no heading with the column Entity_LogicalId in the first 5 lines"),
        (SIMPLE, "ofac", "line 1: it has 13 columns where 12 are expected"),
        (OFAC + '39,"CUT, Off"\n', "ofac", "line 4: it has 2 columns where 12 are expected"),
        (OFAC.rstrip("\x1a") + "x" + OFAC, "ofac", "line 4: x36 is no number"),
        (EU + "24/11/2026;15\n", "eu", "line 6: it has 2 columns, and the heading 11"),
        (EU + "24/11/2026; ;E;enterprise;TST;;;;No Id;;\n", "eu", "line 6: it does not say by which number or id"),
        (UK + "VEX,Zeb\n", "uk", "line 6: it has 2 columns, and the heading 14"),
    ],
)
def test_a_file_that_is_broken_anywhere_is_refused_with_the_line(text, format_, words):
    with pytest.raises(UnreadableList, match=re.escape(words)):
        read_entries(text, format_)


@pytest.mark.parametrize(
    ("text", "aliases", "words"),
    [
        (SIMPLE, ALT, "belong to a list of OFAC's, and this one is simple"),
        (OFAC, OFAC, "aliases, line 1: it has 12 columns where 5 are expected"),
        (OFAC, '99,13,"aka","NOBODY",-0- \n', "aliases: they are of nobody who is on the list"),
        (OFAC, "", "aliases: they are of nobody who is on the list"),
    ],
)
def test_aliases_that_do_not_belong_to_the_list_are_refused(text, aliases, words):
    with pytest.raises(UnreadableList, match=re.escape(words)):
        read_entries(text, recognise(text), aliases)


@pytest.mark.parametrize("text", [SIMPLE, OFAC, EU, UK])
def test_empty_lines_and_the_end_of_file_of_old_say_nothing(text):
    assert by_uid(text + "\n \n\x1a") == by_uid(text) == by_uid(text.replace("\n", "\r\n"))


@given(st.text() | st.binary().map(lambda content: content.decode("cp1252", "replace")))
def test_whatever_it_is_a_file_is_read_or_refused(text):
    for format_ in FORMATS:
        with suppress(UnreadableList):
            assert all(entry.uid and entry.names for entry in read_entries(text, format_))
    with suppress(UnreadableList):
        recognise(text)
