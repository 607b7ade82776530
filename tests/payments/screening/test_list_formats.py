"""Every format is read from a few lines in its shape; nobody in them exists."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.payments.screening.list_formats import FORMATS, UnreadableList, read_entries, recognise
from bitpesa.payments.screening.model import Entry, Kind

SIMPLE = (
    "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset\n"
    'Q1,Person,Zebulon Vex,"Zeb Vex;Зебулон Векс",1961-05-17;1962,ng;gh,,,UN list,,,,Test\n'
    "Q2,Vessel,Dark Star,,,,,,,,,,Test\n"
)

OFAC = (
    '36,"VEX, Zebulon Quartermaine","individual","TESTPROG",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,'
    '"DOB 17 May 1961; alt. DOB 1962; nationality Nigeria; alt. citizen Ghana; Gender Male."\n'
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
    entries, problems = read_entries(text, recognise(text), **options)
    assert problems == []
    return {entry.uid: entry for entry in entries}


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
        birth_dates=("1961-05-17", "1962"),
        countries=("Nigeria", "Ghana"),
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


UN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<CONSOLIDATED_LIST dateGenerated="2026-09-01T02:00:03Z"><INDIVIDUALS>\n'
    "<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>ZEBULON</FIRST_NAME><SECOND_NAME>QUARTERMAINE</SECOND_NAME>"
    "<THIRD_NAME>VEX</THIRD_NAME><UN_LIST_TYPE>Test</UN_LIST_TYPE><NAME_ORIGINAL_SCRIPT>Зебулон</NAME_ORIGINAL_SCRIPT>"
    "<NATIONALITY><VALUE>Nigeria</VALUE></NATIONALITY><INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Zeb Vex"
    "</ALIAS_NAME></INDIVIDUAL_ALIAS><INDIVIDUAL_DATE_OF_BIRTH><DATE>1961-05-17</DATE></INDIVIDUAL_DATE_OF_BIRTH>"
    "<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1958</FROM_YEAR><TO_YEAR>1961</TO_YEAR>"
    "</INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL></INDIVIDUALS>\n<ENTITIES><ENTITY><DATAID>2</DATAID><FIRST_NAME>HOLLOW "
    "HARBOUR</FIRST_NAME><ENTITY_ALIAS><ALIAS_NAME>HH</ALIAS_NAME></ENTITY_ALIAS></ENTITY></ENTITIES></CONSOLIDATED_LIST>"
)

OFAC_XML = (
    '<?xml version="1.0"?><sdnList xmlns="https://example.com/sdn"><publshInformation/><sdnEntry><uid>36</uid><firstName>'
    "Zebulon</firstName><lastName>VEX</lastName><sdnType>Individual</sdnType><programList><program>TESTPROG</program>"
    "</programList><akaList><aka><uid>1</uid><category>weak</category><lastName>ZEB</lastName></aka></akaList>"
    "<nationalityList><nationality><uid>3</uid><country>Nigeria</country></nationality></nationalityList>"
    "<dateOfBirthList><dateOfBirthItem><dateOfBirth>17 May 1961</dateOfBirth></dateOfBirthItem><dateOfBirthItem>"
    "<dateOfBirth>circa 1962</dateOfBirth></dateOfBirthItem></dateOfBirthList></sdnEntry></sdnList>"
)

EU_XML = (
    '<export xmlns="http://example.com/export"><sanctionEntity logicalId="13"><regulation programme="TST"/>'
    '<subjectType code="person" classificationCode="P"/><nameAlias wholeName="Zebulon Vex"/><nameAlias firstName="Zeb" '
    'lastName="Vex" wholeName=""/><citizenship countryIso2Code="NG"/><birthdate birthdate="1961-05-17" year="1961"/>'
    "</sanctionEntity></export>"
)

CSL = (
    "_id,source,entity_number,type,programs,name,title,addresses,remarks,alt_names,citizenships,dates_of_birth,"
    "nationalities,ids\n"
    "a1,Test List,36,Individual,TESTPROG,Zebulon Vex,,,,Zeb Vex; Zebulon Q Vex,NG,1961-05-17,NG,\n"
    ",Test List,,,,Hollow Harbour,,Some Street,,,,,,\n"
)

NESTED = (
    '{"id":"NK-1","schema":"Person","caption":"Zebulon Vex","target":true,"properties":{"name":["Zebulon Vex"],"alias":'
    '["Zeb Vex"],"birthDate":["1961-05-17"],"nationality":["ng"],"programId":["TST"],"sanctions":[{"id":"s","schema":'
    '"Sanction","properties":{}}]}}\n{"id":"NK-2","schema":"LegalEntity","properties":{"name":["Hollow Harbour"]}}\n'
    '{"id":"NK-3","schema":"Address","properties":{"full":["Some Street"]}}\n'
)


@pytest.mark.parametrize(
    ("text", "format_"),
    [(UN, "un"), (OFAC_XML, "ofac-xml"), (EU_XML, "eu-xml"), (CSL, "csl"), (NESTED, "opensanctions")],
)
def test_xml_and_json_are_told_by_their_first_lines(text, format_):
    assert recognise(text) == format_


def test_the_list_of_the_united_nations():
    found = by_uid(UN)
    assert found["1"] == Entry(
        uid="1",
        kind=Kind.PERSON,
        names=("ZEBULON QUARTERMAINE VEX", "Зебулон", "Zeb Vex"),
        birth_dates=("1961-05-17", "1958", "1959", "1960", "1961"),
        countries=("Nigeria",),
        programme="Test",
    )
    assert (found["2"].kind, found["2"].names) == (Kind.ENTITY, ("HOLLOW HARBOUR", "HH"))


def test_the_american_and_the_european_list_in_xml():
    assert by_uid(OFAC_XML)["36"] == Entry(
        uid="36",
        kind=Kind.PERSON,
        names=("Zebulon VEX", "ZEB"),
        birth_dates=("1961-05-17", "1962"),
        countries=("Nigeria",),
        programme="TESTPROG",
    )
    assert by_uid(EU_XML)["13"] == Entry(
        uid="13",
        kind=Kind.PERSON,
        names=("Zebulon Vex", "Zeb Vex"),
        birth_dates=("1961-05-17",),
        countries=("NG",),
        programme="TST",
    )


def test_the_american_list_of_lists_numbers_whom_nobody_numbered():
    found = by_uid(CSL)
    assert found["a1"].names == ("Zebulon Vex", "Zeb Vex", "Zebulon Q Vex")
    assert found["a1"].programme == "Test List, TESTPROG"
    (other,) = (entry for uid, entry in found.items() if uid != "a1")
    assert (other.kind, other.names, len(other.uid)) == (Kind.UNKNOWN, ("Hollow Harbour",), 32)


def test_entities_of_opensanctions():
    found = by_uid(NESTED)
    assert found["NK-1"].names == ("Zebulon Vex", "Zeb Vex")
    assert (found["NK-1"].birth_dates, found["NK-1"].countries) == (("1961-05-17",), ("ng",))
    assert found["NK-2"].kind is Kind.UNKNOWN
    assert "NK-3" not in found


def test_whatever_a_spreadsheet_makes_of_it_is_read():
    semicolons = SIMPLE.replace(",", ";").replace("1961-05-17;1962;ng;gh", "1961-05-17;ng")
    assert recognise(semicolons) == "simple"
    assert by_uid(semicolons)["Q1"].names == ("Zebulon Vex", "Zeb Vex", "Зебулон Векс")
    assert by_uid("ent_num,SDN_Name,a,b,c,d,e,f,g,h,i,Remarks\n" + OFAC) == by_uid(OFAC)
    quoted = OFAC.replace("VEX, Zebulon Quartermaine", 'VEX, Zebulon "Zeb"')
    assert by_uid(quoted)["36"].names == ("Zebulon Zeb VEX",)
    quoted_eu = EU.replace("Zebulon Vex;;", '"Zeb" Vex;;')
    assert by_uid(quoted_eu)["13"].names == ("Zeb Vex",)


LONG = "x" * 201


BAD_ROWS = [
    (SIMPLE + "Q3,Person\n", "simple", "line 4: it has 2 columns, and the heading 13"),
    (SIMPLE + "Q3,Person,a,b,c,d,e,f,g,h,i,j,k,l\n", "simple", "line 4: it has 14 columns, and the heading 13"),
    (SIMPLE + ",Person,No Id,,,,,,,,,,\n", "simple", "line 4: it does not say by which number or id"),
    (SIMPLE + f"{LONG},Person,Name,,,,,,,,,,\n", "simple", "line 4: an id is longer than 200 characters"),
    (SIMPLE + "Q3,Person,Na\0me,,,,,,,,,,\n", "simple", "line 4: this is no text"),
    (SIMPLE + 'Q3,Person,"cut of', "simple", "line 4: it has 3 columns, and the heading 13"),
    (SIMPLE + "Q3,Person," + "n" * 200_000 + ",,,,,,,,,,\n", "simple", "line 4: field larger than field limit"),
    (SIMPLE + '"Q3",Person,"two\nlines",,,,,,,,,,\nQ4\n', "simple", "line 6: it has 1 columns"),
    (OFAC + '39,"CUT, Off"\n', "ofac", "line 4: it has 2 columns where 12 are expected"),
    (OFAC.rstrip("\x1a") + "x" + OFAC, "ofac", "line 4: x36 is no number"),
    (EU + "24/11/2026;15\n", "eu", "line 6: it has 2 columns, and the heading 11"),
    (EU + "24/11/2026; ;E;enterprise;TST;;;;No Id;;\n", "eu", "line 6: it does not say by which number or id"),
    (UK + "VEX,Zeb\n", "uk", "line 6: it has 2 columns, and the heading 14"),
    (NESTED + '{"id":"NK-4","schema":"Per', "opensanctions", "line 4: "),
    (NESTED + '{"id":"","schema":"Person","properties":{}}', "opensanctions", "line 4: it does not say by which"),
    (UN.replace("<DATAID>2</DATAID>", ""), "un", "entry 2: it does not say by which number or id"),
]


@pytest.mark.parametrize(("text", "format_", "words"), BAD_ROWS)
def test_a_bad_row_is_reported_with_its_line_and_the_others_are_read(text, format_, words):
    entries, problems = read_entries(text, format_, most_bad_percent=50)
    assert len(problems) == 1
    assert problems[0].startswith(words)
    assert len(entries) >= 1


@pytest.mark.parametrize(("text", "format_", "words"), BAD_ROWS)
def test_a_file_with_more_than_a_few_bad_rows_is_refused_with_the_line(text, format_, words):
    with pytest.raises(UnreadableList, match=re.escape(words)):
        read_entries(text, format_)


def test_a_few_bad_rows_keep_no_list_out():
    many = SIMPLE + "".join(f"N{number},Person,Name {number},,,,,,,,,,\n" for number in range(200))
    entries, problems = read_entries(many + "Q3,Person\nQ4,Person,Last One,,,,,,,,,,\n", "simple")
    assert (len(entries), entries[-1].uid) == (203, "Q4")
    assert problems == ["line 204: it has 2 columns, and the heading 13"]


def test_a_quote_that_is_never_closed_swallows_one_row_only():
    rows = "".join(f"N{number},Person,Name {number},,,,,,,,,,\n" for number in range(300))
    entries, problems = read_entries(SIMPLE + 'Q3,Person,"Zeb Vex,,,,,,,,,,\n' + rows, "simple")
    assert len(entries) == 302
    assert len(problems) == 1
    assert problems[0].startswith("line 4: ")


def test_a_row_that_lacks_its_last_columns_is_read_and_reported():
    cut = UK.replace(
        "HOLLOW HARBOUR,,,,,,,,,,Entity,Primary name,Test,7002", "HARBOUR,,,,,,,,,,Entity,Primary name,Test"
    )
    entries, problems = read_entries(UK_OF_2026.replace(",dd/mm/1961,Nigeria", ""), "uk")
    assert [(entry.uid, entry.names, entry.birth_dates) for entry in entries] == [("TST0001", ("Zebulon VEX",), ())]
    assert problems == ["line 3: it has 12 columns, and the heading 14; it was read so far"]
    with pytest.raises(UnreadableList, match="line 5: it has 13 columns"):
        read_entries(cut, "uk")


@pytest.mark.parametrize(
    ("text", "format_", "words"),
    [
        (SIMPLE, "eu", "no heading with the column Entity_LogicalId in the first 5 lines"),
        (SIMPLE, "ofac", "line 1: it has 13 columns where 12 are expected"),
        (UN[:-30], "un", "line 4: the XML is broken or cut off"),
        (UN.replace("<CONS", "<!DOCTYPE x [<!ENTITY a 'b'>]><CONS"), "un", "it declares a document type"),
        (SIMPLE.splitlines()[0], "simple", "nobody is listed in it"),
    ],
)
def test_a_file_that_is_none_is_refused(text, format_, words):
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
            assert all(entry.uid and entry.names for entry in read_entries(text, format_)[0])
    with suppress(UnreadableList):
        recognise(text)
