import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.rails.providers import codes
from bitpesa.rails.providers.codes import CODES, Category, code, details


def test_every_code_of_the_table_is_known():
    assert (
        list(CODES)
        == (
            "0 1 11 12 13 14 15 16 17 18 2 21 22 23 3 31 311 32 321 33 34 331 "
            "4 41 411 412 413 414 415 416 42 421 422 423 43 431 432 433 434 44 45 "
            "5 51 511 52 53 531 54 541 542 543"
        ).split()
    )
    assert all(each.description and all(each.messages) for each in CODES.values())


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("0", Category.PAID),
        ("14", Category.PENDING),
        ("12", Category.TIMEOUT_ERROR),
        ("13", Category.MANUAL_RECONCILIATION_REQUIRED),
        ("21", Category.RECIPIENT_ACTION_REQUIRED),
        ("34", Category.TEMPORARY_ERROR),
        ("421", Category.RECIPIENT_ERROR),
        ("54", Category.SENDER_ERROR),
        ("541", Category.RECIPIENT_ERROR),
        ("542", Category.SENDER_ERROR),
        ("543", Category.RECIPIENT_ERROR),
    ],
)
def test_a_code_has_a_category(text, category):
    assert code(text).category is category


@pytest.mark.parametrize(
    ("text", "known"), [("19", "1"), ("419", "41"), ("4999", "4"), ("5435", "543"), ("329", "32"), ("2a", "2")]
)
def test_an_unknown_code_means_what_the_nearest_shorter_one_does(text, known):
    assert code(text) is CODES[known]


@pytest.mark.parametrize("text", ["999", "", "00", "05", "0x", " 0", "-1", "paid"])
def test_a_code_that_says_nothing_is_left_to_people(text):
    assert code(text).category is Category.MANUAL_RECONCILIATION_REQUIRED


@given(st.text())
def test_whatever_a_provider_says_means_something_and_only_code_0_means_paid(text):
    assert (code(text).category is Category.PAID) == (text == "0")


@given(st.text("012345", max_size=4))
def test_what_is_told_of_a_code_agrees_with_itself(text):
    told = details(text)
    assert told["code"] in CODES
    assert told == details(told["code"])
    assert told["category"] == code(text).category
    assert len(told["messages"]) == 3


def test_details_are_what_clients_read():
    assert msgspec.json.decode(msgspec.json.encode(details("331"))) == {
        "code": "331",
        "category": "temporary_error",
        "messages": ["Temporary error", "Not Found", "Transaction does not exist"],
        "description": (
            "There was an issue while creating the transaction. We will retry the payment. "
            "You can also edit or cancel this transaction."
        ),
    }


def test_code_433_has_a_third_message_though_the_table_lacks_it():
    assert details("433")["messages"][2] == "User did not take action within the required time window"


@pytest.mark.parametrize("text", ["2", "21", "22", "23"])
def test_a_category_can_be_spelled_as_the_table_spells_it(text):
    assert details(text)["category"] == "recipient_action_required"
    with codes.spelled("table"):
        assert details(text)["category"] == "recipent_action_required"
    assert details(text)["category"] == "recipient_action_required"


def test_only_that_category_has_two_spellings():
    with codes.spelled("table"):
        table = {text: details(text) for text in CODES}
    differing = [text for text in CODES if details(text) != table[text]]
    assert differing == ["2", "21", "22", "23"]


def test_every_category_is_open_failed_or_paid():
    assert set(Category) == codes.OPEN | codes.FAILED | {Category.PAID}
    assert not codes.OPEN & codes.FAILED
