from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.payments.screening.model import Kind, Outcome, Subject
from bitpesa.payments.senders import rules
from bitpesa.payments.senders.fields import FIELDS, PHONE_E164
from bitpesa.payments.senders.model import Decision, SenderState
from bitpesa.tenants.organisations.model import AppSettings
from tests.payments.senders.people import BUSINESS, PERSON, business, person

WAIVED = AppSettings(kyc_mode="waived")
APPROVAL = AppSettings(kyc_mode="approval")
DOCUMENTS = AppSettings(kyc_mode="documents")
WTR2 = AppSettings(kyc_mode="waived", wtr2=True)

IDENTITY = ("phone_number", "email", "street", "city", "postal_code", "birth_date")
WITHOUT_IDENTITY = dict.fromkeys(IDENTITY)

TODAY = date(2026, 11, 30)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def simple(errors):
    """Errors by field, as one code each where there is one."""
    return {name: " ".join(each["error"] for each in listed) for name, listed in errors.items()}


def judged(submitted, settings=WAIVED):
    """Everything that is wrong with a new sender."""
    errors = {}
    type_ = rules.read_type(submitted, errors)
    profile = rules.merged_profile({}, rules.read_fields(submitted, errors, today=TODAY))
    rules.check_complete(type_, profile, settings, errors)
    return simple(errors)


def read(**submitted):
    errors = {}
    return rules.read_fields(submitted, errors, today=TODAY), simple(errors)


# -- what a field may hold


def test_a_whole_person_is_faultless():
    assert judged(PERSON) == {}


def test_text_is_kept_byte_for_byte():
    name = "  Nguyễn Thị 李 O'Brien 👩🏽 e\u0301 "
    assert read(first_name=name) == ({"first_name": name}, {})


def test_nul_is_refused():
    assert read(first_name="a\x00b", city="\x00") == ({}, {"first_name": "invalid", "city": "invalid"})


def test_a_bare_number_is_its_digits():
    assert read(identification_number=12345678) == ({"identification_number": "12345678"}, {})


@pytest.mark.parametrize("value", [True, [], ["a"], {}, {"a": 1}])
def test_what_is_no_text_is_invalid(value):
    assert read(first_name=value)[1] == {"first_name": "invalid"}


def test_text_has_a_limit():
    assert read(city="x" * 256)[1] == {"city": "too_long"}


def test_unknown_and_read_only_fields_are_ignored():
    assert read(
        foo=1, state="approved", state_reason="x", created_at="x", onboarding_status="x", errors={}, id="x"
    ) == (
        {},
        {},
    )


@pytest.mark.parametrize(
    "value", ["1974-12-24", " 1974-12-24 ", "1974-12-24T00:00:00.000Z", "1974-12-24T10:00:00+0300", "1974-12-24T00:00"]
)
def test_a_date_may_come_as_a_full_timestamp(value):
    assert read(birth_date=value) == ({"birth_date": "1974-12-24"}, {})


@pytest.mark.parametrize(
    "value", ["24.12.1974", "1974-13-01", "1974-02-30", "19741224", 1974, "1974-12-24Tnoon", "١٩٧٤-١٢-٢٤"]
)
def test_anything_else_is_no_date(value):
    assert read(birth_date=value) == ({}, {"birth_date": "invalid"})


@pytest.mark.parametrize("value", ["KE", " GB "])
def test_a_country_is_two_letters(value):
    assert read(country=value) == ({"country": value.strip()}, {})


@pytest.mark.parametrize("value", ["ke", "KEN", "XX", "Kenya", 254])
def test_anything_else_is_no_country(value):
    assert read(country=value)[1] == {"country": "invalid"}


@pytest.mark.parametrize("value", ["127.0.0.1", "2001:db8::1", " 10.0.0.1 "])
def test_an_ip_is_version_4_or_6(value):
    assert read(ip=value) == ({"ip": value.strip()}, {})


@pytest.mark.parametrize("value", ["localhost", "127.1", "2130706433", 2130706433, "1.2.3.4/8"])
def test_anything_else_is_no_ip(value):
    assert read(ip=value)[1] == {"ip": "invalid"}


@pytest.mark.parametrize("value", ["info@example.com", "ü@bücher.example", "a+b@c", "o'brien@mail.example.co.ke"])
def test_nearly_anything_with_an_at_sign_is_an_email_address(value):
    assert read(email=value)[1] == {}


@pytest.mark.parametrize("value", ["info", "@example.com", "a@", "a b@example.com", "a@b@c", "a@.com", "a@b..com"])
def test_anything_else_is_no_email_address(value):
    assert read(email=value)[1] == {"email": "invalid"}


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("gender", "F", "female"),
        ("identification_type", "PP", "passport"),
        ("legal_entity_type", "ngo", "charity"),
        ("nature_of_business", "retail_trade", "shop"),
    ],
)
def test_a_choice_is_one_of_its_values(field, good, bad):
    assert read(**{field: good}) == ({field: good}, {})
    assert read(**{field: bad}) == ({}, {field: "inclusion"})


def test_the_empty_lists_of_the_java_sdk_are_no_instruction():
    assert read(documents=[], politically_exposed_people=[], list_of_countries_of_operation=[]) == ({}, {})


def test_null_and_blank_text_clear_a_field():
    assert read(city=None, street="  ", documents=None) == ({"city": None, "street": None, "documents": None}, {})


def test_lists_have_limits():
    assert read(list_of_countries_of_operation=["KE", "UG"])[1] == {}
    assert read(list_of_countries_of_operation=["KE"] * 301)[1] == {"list_of_countries_of_operation": "too_long"}
    assert read(list_of_countries_of_operation="KE")[1] == {"list_of_countries_of_operation": "invalid"}
    assert read(list_of_countries_of_operation=[{}])[1] == {"list_of_countries_of_operation": "invalid"}
    assert read(documents=[{}] * 11)[1] == {"documents": "too_long"}
    assert read(documents=["x"])[1] == {"documents": "invalid"}
    assert read(politically_exposed_people=[{"name": "A"}] * 4)[1] == {"politically_exposed_people": "too_long"}


@given(
    st.dictionaries(st.sampled_from([*FIELDS, "foo", "metadata"]), JSON, max_size=8), st.sampled_from([WAIVED, WTR2])
)
def test_any_request_is_read_or_its_faults_are_told(submitted, settings):
    errors = {}
    profile = rules.merged_profile({}, rules.read_fields(submitted, errors, today=TODAY))
    rules.check_complete("person", profile, settings, errors)
    assert set(profile) <= {*FIELDS, PHONE_E164}
    assert all(value is not None for value in profile.values())
    assert not set(errors) & set(profile) - {"identification_number", "phone_number"}


# -- phone numbers


@pytest.mark.parametrize(
    ("fields", "e164"),
    [
        ({"phone_number": "+254 712-345 678"}, "+254712345678"),
        ({"phone_number": "+254712345678", "phone_country": "GB"}, "+254712345678"),
        ({"phone_number": "0712 345678", "phone_country": "KE"}, "+254712345678"),
        ({"phone_number": "712345678", "phone_country": "KE", "country": "GB"}, "+254712345678"),
        ({"phone_number": "0712345678", "country": "KE"}, "+254712345678"),
        ({"phone_number": "254712345678", "phone_country": "KE"}, "+254712345678"),
    ],
)
def test_a_phone_number_is_kept_in_e164_beside_the_one_sent(fields, e164):
    profile = rules.merged_profile({}, fields)
    assert profile == {**fields, PHONE_E164: e164}


@pytest.mark.parametrize(
    "fields",
    [
        {"phone_number": "0712345678"},
        {"phone_number": "12", "phone_country": "KE"},
        {"phone_number": "call me", "phone_country": "KE"},
        {"phone_number": "+999123456789"},
        {"phone_number": "+" + "1" * 200},
    ],
)
def test_what_is_no_phone_number_is_invalid(fields):
    assert judged({**person(country=None), **fields}) == {"country": "blank", "phone_number": "invalid"}


def test_the_country_of_a_phone_number_may_be_known_from_before():
    stored = rules.merged_profile({}, {"phone_number": "0712345678", "phone_country": "KE"})
    assert rules.merged_profile(stored, {"phone_number": "0733 000000"})[PHONE_E164] == "+254733000000"
    assert rules.merged_profile(stored, {"phone_country": "UG"})[PHONE_E164] == "+256712345678"
    assert PHONE_E164 not in rules.merged_profile(stored, {"phone_number": None})


# -- what a sender needs


@pytest.mark.parametrize("field", ["first_name", "last_name", "country", "ip", *IDENTITY])
def test_a_person_needs_every_one_of_these(field):
    assert judged(person(**{field: None})) == {field: "blank"}


@pytest.mark.parametrize("field", sorted(BUSINESS.keys() - {"type"}))
def test_a_business_needs_every_one_of_these(field):
    assert judged(business(**{field: None})) == {field: "blank"}


def test_a_whole_business_is_faultless():
    assert judged(BUSINESS) == {}


LICENCE = ("vat_registration_number", "financial_regulator", "regulatory_licence_number")
TRANSFER_OPERATOR = (
    "company_office_number company_office_number_country aml_officer_email aml_officer_phone aml_officer_phone_country "
    "company_website_url number_of_employees_in_company list_of_countries_of_operation "
    "estimated_annual_revenue_turnover declaration"
).split()


def test_a_financial_institution_needs_its_licence():
    assert judged(business(legal_entity_type="financial_institution")) == dict.fromkeys(LICENCE, "blank")
    licensed = dict.fromkeys(LICENCE, "x")
    assert judged(business(legal_entity_type="financial_institution", **licensed)) == {}


def test_a_money_transfer_operator_needs_more():
    assert judged(business(legal_entity_type="mto")) == dict.fromkeys([*LICENCE, *TRANSFER_OPERATOR], "blank")
    assert judged(business(legal_entity_type="mto", list_of_countries_of_operation=[]))[
        "list_of_countries_of_operation"
    ]
    said = {**dict.fromkeys([*LICENCE, *TRANSFER_OPERATOR], "x"), "aml_officer_email": "a@example.com"}
    countries = {"company_office_number_country": "KE", "aml_officer_phone_country": "KE"}
    lists = {"list_of_countries_of_operation": ["KE"]}
    assert judged(business(legal_entity_type="mto", **{**said, **countries, **lists})) == {}


def test_a_field_that_is_malformed_is_not_also_missing():
    assert judged(person(email="nobody", birth_date="yesterday")) == {"email": "invalid", "birth_date": "invalid"}


@pytest.mark.parametrize("number", ["123", " 1 ", 123])
def test_an_identification_number_has_four_characters(number):
    assert judged(person(identification_number=number)) == {"identification_number": "invalid"}


def test_documents_are_asked_for_in_one_mode_only():
    for settings in (WAIVED, APPROVAL):
        assert judged(PERSON, settings) == {}
        assert judged(person(documents=None), settings) == {}
        assert judged({**PERSON, "documents": None}, settings) == {}
    assert judged(PERSON, DOCUMENTS) == {"documents": "blank"}
    assert judged(person(documents=None), DOCUMENTS) == {"documents": "blank"}
    assert judged(person(documents=[{"id": "x"}]), DOCUMENTS) == {}


@pytest.mark.parametrize(
    "identity",
    [
        {"birth_date": "1974-12-24"},
        {"street": "1 Moi Avenue", "city": "Nairobi", "postal_code": "00100"},
        {"identification_number": "12345678", "identification_type": "PP"},
        {"birth_date": "1974-12-24", "city": "Nairobi"},
    ],
)
def test_with_wtr2_one_whole_set_is_enough(identity):
    few = {**person(**WITHOUT_IDENTITY), **identity}
    assert judged(few, WTR2) == {}
    assert judged(few, WAIVED) == dict.fromkeys([name for name in IDENTITY if name not in identity], "blank")


@pytest.mark.parametrize(
    ("identity", "missing"),
    [
        ({"identification_number": "12345678"}, ["identification_type"]),
        ({"street": "1 Moi Avenue", "city": "Nairobi"}, ["postal_code"]),
        ({}, ["identification_number", "identification_type"]),
    ],
)
def test_with_wtr2_a_set_that_was_begun_must_be_whole(identity, missing):
    assert judged({**person(**WITHOUT_IDENTITY), **identity}, WTR2) == dict.fromkeys(missing, "blank")


def test_wtr2_counts_only_while_kyc_is_waived():
    few = {**person(**WITHOUT_IDENTITY), "birth_date": "1974-12-24"}
    assert rules.is_wtr2_on(WTR2)
    assert not rules.is_wtr2_on(AppSettings(kyc_mode="approval", wtr2=True))
    assert judged(few, AppSettings(kyc_mode="approval", wtr2=True)) == judged(few, APPROVAL) != {}


def test_a_type_is_person_or_business():
    assert judged(person(type="person")) == {}
    assert judged(person(type="")) == {}
    assert judged(person(type="company")) == {"type": "inclusion"}
    assert judged(person(type=["business"])) == {"type": "inclusion"}


@pytest.mark.parametrize(
    ("value", "text"), [("S-1", "S-1"), (" s-1 ", " s-1 "), (7, "7"), ("", None), (None, None), (" ", None)]
)
def test_an_external_id_is_kept_exactly(value, text):
    errors = {}
    assert rules.read_external_id({"external_id": value}, errors) == text
    assert errors == {}


@pytest.mark.parametrize(
    ("value", "error"), [("a\x00", "invalid"), ([], "invalid"), (True, "invalid"), ("x" * 256, "too_long")]
)
def test_a_malformed_external_id_is_told(value, error):
    errors = {}
    assert rules.read_external_id({"external_id": value}, errors) is None
    assert simple(errors) == {"external_id": error}


@pytest.mark.parametrize(
    "submitted", [{}, {"id": "x"}, {"external_id": "x", "type": "person"}, {"documents": []}, {"foo": 1}]
)
def test_naming_a_sender_is_not_describing_it(submitted):
    assert not rules.describes_sender(submitted)


@pytest.mark.parametrize(
    "submitted", [{"city": "Rome"}, {"city": None}, {"email": 5}, {"metadata": {}}, {"documents": [{}]}]
)
def test_any_field_describes_a_sender(submitted):
    assert rules.describes_sender(submitted)


# -- states


def test_a_new_sender_is_approved_where_kyc_is_waived():
    assert rules.first_state(WAIVED) is SenderState.APPROVED
    assert rules.first_state(AppSettings(kyc_mode="waived", waived_sender_state="initial")) is SenderState.INITIAL
    assert rules.first_state(APPROVAL) is SenderState.INITIAL
    assert rules.first_state(DOCUMENTS) is SenderState.INITIAL


@pytest.mark.parametrize(
    "field",
    "first_name middle_name last_name name birth_date country nationality identification_type identification_number "
    "documents".split(),
)
def test_some_changes_of_an_approved_sender_redo_its_kyc(field):
    def after(settings, state=SenderState.APPROVED):
        return rules.state_after_change(state, {field: "a"}, {field: "b"}, settings)

    assert after(APPROVAL) is after(DOCUMENTS) is SenderState.INITIAL
    assert after(WAIVED) is SenderState.APPROVED
    assert after(APPROVAL, SenderState.VERIFIED) is SenderState.VERIFIED
    assert after(APPROVAL, SenderState.BANNED) is SenderState.BANNED


def test_other_changes_leave_approval():
    assert (
        rules.state_after_change(SenderState.APPROVED, {"city": "a"}, {"city": "b"}, APPROVAL) is SenderState.APPROVED
    )
    assert rules.state_after_change(SenderState.APPROVED, PERSON, PERSON, APPROVAL) is SenderState.APPROVED


@pytest.mark.parametrize("settings", [WAIVED, APPROVAL, DOCUMENTS])
def test_an_incomplete_sender_that_was_completed_is_initial(settings):
    assert rules.state_after_change(SenderState.INCOMPLETE, {}, PERSON, settings) is SenderState.INITIAL


def test_who_may_transact():
    waived = {state for state in SenderState if rules.is_approved(state, WAIVED)}
    asked = {state for state in SenderState if rules.is_approved(state, APPROVAL)}
    assert waived == {SenderState.APPROVED, SenderState.INITIAL}
    assert asked == {SenderState.APPROVED}


def test_who_may_not_be_named_at_all():
    barred = {state for state in SenderState if rules.is_barred(state)}
    assert barred == {SenderState.DISABLED, SenderState.BANNED, SenderState.REJECTED}


# -- what staff decide (flows 3.5)

DECISIONS = {
    "incomplete": {"ask": "incomplete", "reject": "rejected", "ban": "banned"},
    "initial": {"approve": "approved", "ask": "incomplete", "reject": "rejected", "ban": "banned"},
    "verified": {"approve": "approved", "ask": "incomplete", "reject": "rejected", "ban": "banned"},
    "approved": {"ask": "incomplete", "reject": "rejected", "ban": "banned"},
    "rejected": {"ban": "banned", "reinstate": "approved"},
    "banned": {"reinstate": "approved"},
    "disabled": {},
}


@pytest.mark.parametrize("decision", list(Decision))
@pytest.mark.parametrize("state", list(SenderState))
def test_staff_decide_about_a_sender_as_its_state_allows(state, decision):
    assert rules.state_after_decision(state, decision) == DECISIONS[state].get(decision)


def test_staff_read_why_they_cannot_decide_so_and_what_they_can():
    assert rules.why_not_decided(SenderState.BANNED, Decision.APPROVE) == (
        "Sender is banned and cannot be approved; possible: reinstate"
    )
    assert rules.why_not_decided(SenderState.DISABLED, Decision.BAN) == "Sender is disabled and cannot be banned"


def test_what_was_asked_for_has_come_once_something_new_is_said():
    state = SenderState.INCOMPLETE
    assert rules.state_after_change(state, PERSON, PERSON, APPROVAL) is SenderState.INCOMPLETE
    assert rules.state_after_change(state, PERSON, {**PERSON, "city": "Rome"}, APPROVAL) is SenderState.INITIAL


# -- screening


def test_a_person_is_looked_up_with_and_without_the_middle_name():
    profile = {
        "first_name": "Jane",
        "middle_name": "Mary",
        "last_name": "Roe",
        "birth_date": "1974-12-24",
        "country": "US",
        "nationality": "US",
    }
    jane = Subject(kind=Kind.PERSON, names=("Jane Mary Roe", "Jane Roe"), birth_date="1974-12-24", countries=("US",))
    assert rules.subjects_of("person", profile) == (jane,)
    exposed = [{"id": 1, "name": "Ann Poe"}, {"id": 2, "position": "Minister"}, {"id": 3, "name": "Ann Poe"}]
    named = rules.subjects_of("person", {**profile, "politically_exposed_people": exposed})
    assert named == (jane, Subject(kind=Kind.PERSON, names=("Ann Poe",)))


def test_a_business_is_looked_up_by_both_its_names():
    profile = {"name": "Acme Ltd", "trading_name": "Acme", "country": "GB", "trading_country": "KE"}
    names, countries = ("Acme Ltd", "Acme"), ("GB", "KE")
    company = Subject(kind=Kind.ENTITY, names=names, countries=countries)
    person = Subject(kind=Kind.PERSON, names=names, countries=countries)
    for form in (None, "sole_proprietorship", "partnership", "other"):
        said = profile if form is None else {**profile, "legal_entity_type": form}
        assert rules.subjects_of("business", said) == (company, person), form
    for form in ("publicly_owned_company", "ngo", "government_owned_entity", "mto"):
        assert rules.subjects_of("business", {**profile, "legal_entity_type": form}) == (company,), form


@pytest.mark.parametrize("kyc_mode", ["waived", "approval", "documents"])
@pytest.mark.parametrize("state", list(SenderState))
def test_screening_moves_a_sender_only_as_its_table_says(state, kyc_mode):
    settings = AppSettings(kyc_mode=kyc_mode)
    listed = rules.state_after_screening(state, Outcome.LISTED, settings)
    assert (listed is SenderState.REJECTED) == (state in ("initial", "verified", "approved", "rejected"))
    for doubtful in (Outcome.REVIEW, Outcome.HOLD):
        assert rules.state_after_screening(state, doubtful, settings) is state
    clear = rules.state_after_screening(state, Outcome.CLEAR, settings)
    assert (clear is SenderState.VERIFIED) == (state == "verified" or (state == "initial" and kyc_mode != "waived"))


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("birth_date", "2026-12-02", "invalid"),
        ("birth_date", "2999-01-01", "invalid"),
        ("birth_date", "0001-01-01", "invalid"),
        ("birth_date", "1901-01-01", None),
        ("registration_date", "2999-01-01", "invalid"),
        ("registration_date", "0001-01-01", "invalid"),
        ("registration_date", "1407-01-01", None),
    ],
)
def test_dates_are_of_somebody_alive_and_of_companies_that_were_founded(field, value, problem):
    errors = {}
    rules.read_fields({field: value}, errors, today=TODAY)
    assert simple(errors) == ({} if problem is None else {field: problem})


@pytest.mark.parametrize(
    ("country", "number", "kept"),
    [
        ("NG", "002348031234567", "+2348031234567"),
        ("UG", "00256700123456", "+256700123456"),
        ("GB", "\u2066+447400123456\u2069", "+447400123456"),
        ("NG", "0000000000", None),
    ],
)
def test_a_phone_number_is_kept_as_one_that_can_exist(country, number, kept):
    profile = rules.merged_profile({}, {"country": country, "phone_number": number})
    assert profile.get(PHONE_E164) == kept
