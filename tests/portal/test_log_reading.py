import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.portal.log_reading import Line, pretty, read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def test_an_error_stands_beside_the_field_that_was_sent() -> None:
    sent = {"sender": {"first_name": "", "city": "Rome"}}
    answered = {"object": {"first_name": "", "errors": {"first_name": [{"error": "blank"}]}}}
    assert read(text(sent), text(answered)) == [
        Line("sender.first_name", "", ("blank",)),
        Line("sender.city", "Rome", ()),
    ]


def test_what_was_not_sent_comes_first() -> None:
    sent = {"sender": {"city": "Rome"}}
    answered = {"object": {"errors": {"country": [{"error": "blank"}, {"error": "inclusion"}]}}}
    assert read(text(sent), text(answered))[0] == Line("sender.country", None, ("blank", "inclusion"))


def test_errors_of_a_payout_method_are_those_of_its_details() -> None:
    sent = {"transaction": {"recipients": [{"payout_method": {"type": "NGN::Bank", "details": {"bank_code": "9"}}}]}}
    method = {"details": {"bank_code": "9"}, "errors": {"bank_code": [{"error": "inclusion"}]}}
    answered = {"object": {"errors": {}, "recipients": [{"errors": {}, "payout_method": method}]}}
    lines = {line.path: line.errors for line in read(text(sent), text(answered))}
    assert lines["transaction.recipients[0].payout_method.details.bank_code"] == ("inclusion",)
    assert lines["transaction.recipients[0].payout_method.type"] == ()


def test_a_list_of_debits_is_told_apart() -> None:
    sent = {"debit": [{"to_id": "a"}, {"to_id": "b"}]}
    answered = {"object": [{"errors": {}}, {"errors": {"to_id": [{"error": "not_found"}]}}]}
    assert read(text(sent), text(answered)) == [
        Line("debit[0].to_id", "a", ()),
        Line("debit[1].to_id", "b", ("not_found",)),
    ]


@given(JSON, JSON)
def test_whatever_was_sent_and_answered_can_be_read(sent: object, answered: object) -> None:
    for line in read(text(sent), text({"object": answered})):
        assert isinstance(line.path, str)


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_is_no_json_can_be_read_too(sent: str, answered: str) -> None:
    read(sent, answered)
    assert isinstance(pretty(sent), str)


def test_json_is_laid_out() -> None:
    assert pretty('{"a":1}') == '{\n  "a": 1\n}'
    assert pretty("plain <b>text</b>") == "plain <b>text</b>"
