from decimal import Decimal

from bitpesa.kernel.values.money import MAX_MINOR
from bitpesa.money.rates.pricing import Price
from bitpesa.payments.transactions import draft as drafts
from bitpesa.payments.transactions.draft import RecipientDraft, TransactionDraft


def priced(input_minor, usd_minor=1):
    price = Price(
        requested_minor=1,
        input_minor=input_minor,
        output_minor=1,
        fee_minor=0,
        input_usd_minor=usd_minor,
        rate=Decimal(1),
    )
    return RecipientDraft(submitted={}, price=price)


def test_the_recipients_that_take_a_sum_beyond_its_bounds_are_refused():
    dear = [priced(MAX_MINOR - 1), priced(1), priced(1)]
    precious = [priced(1, MAX_MINOR - 1), RecipientDraft(submitted={}), priced(1, 2)]
    for recipients in (dear, precious):
        drafts._bound_sums(TransactionDraft(submitted={}, recipients=recipients))
        assert [each.errors for each in recipients] == [
            {},
            {},
            {"requested_amount": [{"error": "greater_than_maximum"}]},
        ]
