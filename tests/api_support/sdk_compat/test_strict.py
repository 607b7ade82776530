"""The model of strict SDKs gives up where they do."""

import pytest

from tests.api_support.sdk_compat.strict import GaveUp, read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sender", {"birth_date": "1974-99-24"}),
        ("Sender", {"birth_date": ""}),
        ("Sender", {"birth_date": "1974-12-24T00:00:00.000Z"}),
        ("Sender", {"type": "alien"}),
        ("Sender", {"gender": ""}),
        ("Sender", {"documents": "x"}),
        ("Sender", {"documents": ["x"]}),
        ("Sender", {"id": "not-a-uuid"}),
        ("Sender", {"first_name": ["a"]}),
        ("Sender", {"politically_exposed_people": [{"started_date": "2018-04-01"}]}),
        ("Transaction", {"sender": "x"}),
        ("Transaction", {"recipients": {}}),
        ("Transaction", {"recipients": [{"requested_amount": ""}]}),
        ("Transaction", {"recipients": [{"requested_amount": "abc"}]}),
        ("Transaction", {"recipients": [{"payout_method": {"details": {"bank_account_type": 20}}}]}),
        ("Transaction", {"recipients": [{"payout_method": {"details": {"mobile_provider": "MOMO"}}}]}),
        ("Transaction", {"payin_methods": [{"ux_flow": "magic"}]}),
        ("Transaction", {"traits": {"auto_refund": "maybe"}}),
        ("Debit", {"amount": 10**400}),
        ("Webhook", {"events": "x"}),
    ],
)
def test_one_member_that_cannot_be_read_is_enough(name, value):
    with pytest.raises(GaveUp):
        read(name, value)


def test_null_and_numbers_in_text_are_read():
    read("Sender", {"birth_date": None, "type": None, "first_name": 5, "documents": [None, {"id": None}]})
    read("Debit", {"amount": "1e3", "colour": {"unknown": []}})
