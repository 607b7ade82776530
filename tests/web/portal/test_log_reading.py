import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.web.portal.log_reading import Line, page_about, page_answered, pretty, read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


AN_ID = "01a21083-6266-756c-86ea-a20f22684320"
OTHER_ID = "01a21083-6245-753d-8a1a-b371cbf95f33"


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


def test_an_attempt_leads_to_what_it_told_of() -> None:
    part = text({"object": {"transaction_id": OTHER_ID}})
    told = {
        ("Transaction", "{}"): f"/transactions/{AN_ID}",
        ("Sender", "{}"): f"/senders/{AN_ID}",
        ("Recipient", part): f"/transactions/{OTHER_ID}",
        ("PayinMethod", part): f"/transactions/{OTHER_ID}",
        ("PayinMethod", "no json"): None,
        ("Recipient", text({"object": {"transaction_id": "x"}})): None,
        ("Recipient", text({"object": [1]})): None,
        ("Webhook", part): None,
    }
    for (kind, body), page in told.items():
        assert page_about({"instance_type": kind, "instance_id": AN_ID, "request": {"body": body}}) == page


def test_a_call_leads_to_what_it_was_about() -> None:
    one = text({"object": {"id": AN_ID}})
    assert page_answered("/v1/transactions", one) == f"/transactions/{AN_ID}"
    assert page_answered(f"/v1/senders/{AN_ID}?x=1", one) == f"/senders/{AN_ID}"
    assert page_answered("/v1/accounts", one) is None
    for other in (text({"object": [{"id": AN_ID}]}), text({"object": {"id": 7}}), "", "no json"):
        assert page_answered("/v1/transactions", other) is None


def test_json_is_laid_out() -> None:
    assert pretty('{"a":1}') == '{\n  "a": 1\n}'
    assert pretty("plain <b>text</b>") == "plain <b>text</b>"
