from bitpesa.kernel.problems import Invalid, refused
from bitpesa.web.kit.refusals import problems_of, sentence_of


def test_problems_are_found_wherever_the_api_puts_them() -> None:
    refusal = Invalid(
        {
            "errors": {"external_id": [{"error": "taken"}]},
            "sender": {"errors": {"city": [{"error": "blank"}]}},
            "recipients": [{"errors": {}, "payout_method": {"errors": {"iban": [{"error": "invalid"}]}}}],
        }
    )
    assert problems_of(refusal) == {
        "external_id": ["Taken already (taken)"],
        "sender.city": ["Needed (blank)"],
        "details.iban": ["Not valid (invalid)"],
    }


def test_a_refusal_reads_as_a_sentence() -> None:
    assert sentence_of(refused("base", "Transaction already funded")) == "Transaction already funded"
    assert sentence_of(Invalid([refused("amount", "insufficient_balance").object])) == (
        "amount: The balance is too low (insufficient_balance)"
    )
