"""The watch over answers notices what it should."""

import pytest

from bitpesa.cli.client import Answered
from tests.api.reference.watching import check_answer, check_webhook, operation_at

HEADERS = {"X-Request-Id": "1"}
META = {"negative_balance": False}


def answered(status, body):
    return Answered(status, body, HEADERS)


def test_an_answer_as_it_is_described_is_believed():
    check_answer("GET", "/accounts/USD", answered(200, {"object": {"amount": 1, "currency": "USD"}, "meta": META}))
    check_answer("GET", "/accounts/XYZ", answered(404, {"status": 404, "error": "Not Found"}))
    check_answer("GET", "/nowhere", answered(404, {"status": 404, "error": "Not Found"}))


@pytest.mark.parametrize(
    "body",
    [
        {"object": {"amount": 1, "currency": "USD", "new": 1}, "meta": META},
        {"object": {"amount": 1}, "meta": META},
        {"object": {"amount": "1", "currency": "USD"}, "meta": META},
        {"object": {"amount": 1, "currency": "USD"}, "meta": META, "more": {}},
        {"object": {"amount": 1, "currency": "USD"}},
        {"object": []},
    ],
)
def test_another_shape_is_seen(body):
    with pytest.raises(AssertionError):
        check_answer("GET", "/accounts/USD", answered(200, body))


def test_a_status_that_nobody_documented_is_seen():
    with pytest.raises(AssertionError, match="answered 422"):
        check_answer("GET", "/accounts/USD", answered(422, {"object": {}}))


def test_a_code_that_no_page_explains_is_seen():
    refused = {"recipients": [{"errors": {"type": [{"error": "odd"}]}}], "errors": {"base": [{"error": "Not now"}]}}
    with pytest.raises(AssertionError, match="odd"):
        check_answer("POST", "/transactions", answered(422, {"object": refused}))


@pytest.mark.parametrize(
    ("path", "echo"),
    [
        ("/senders", {"birth_date": "1974-99-24"}),
        ("/senders", {"birth_date": ""}),
        ("/senders", {"type": "alien"}),
        ("/senders", {"documents": "x"}),
        ("/senders", {"documents": [{"expiry_date": "zz"}]}),
        ("/transactions", {"sender": "x"}),
        ("/transactions", {"sender": {"id": "not-a-uuid"}}),
        ("/transactions", {"recipients": [{"requested_amount": ""}]}),
        ("/transactions", {"recipients": [{"payout_method": {"details": {"bank_account_type": "99"}}}]}),
        ("/transactions", {"payin_methods": [{"ux_flow": "magic"}]}),
        ("/payout_methods", {"details": "x"}),
        ("/payout_methods", {"details": {"birth_date": "1974-12-24T00:00:00.000Z"}}),
        ("/accounts/debits", {"amount": "abc"}),
        ("/webhooks", {"events": "x"}),
    ],
)
def test_an_echo_that_no_sdk_can_read_is_seen(path, echo):
    errors = {"base": [{"error": "Not now"}]}
    check_answer("POST", path, answered(422, {"object": {"errors": errors}}))
    with pytest.raises(AssertionError):
        check_answer("POST", path, answered(422, {"object": {**echo, "errors": errors}}))


def test_the_words_of_a_refusal_are_looked_at():
    with pytest.raises(AssertionError):
        check_answer("GET", "/senders/1", answered(404, {"object": {}}))


def test_the_body_of_a_webhook_is_looked_at():
    with pytest.raises(AssertionError):
        check_webhook({"webhook": "1", "event": "transaction.paid_out", "object": {}})


def test_an_operation_is_found_by_its_path():
    assert operation_at("GET", "/senders/7?x=1") == "GET /senders/{id}"
    assert operation_at("PUT", "/senders/7") is None
