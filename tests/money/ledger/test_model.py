from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from bitpesa.money.ledger.model import Account, AccountKind

KINDS = st.sampled_from(AccountKind)
CURRENCIES = st.sampled_from(["USD", "NGN", "XOF"])
APPS = st.uuids()


@given(KINDS, CURRENCIES, KINDS, CURRENCIES, APPS)
def test_an_account_has_one_identifier_and_shares_it_with_none(kind, currency, other_kind, other_currency, app_id):
    account, other = Account(kind, currency), Account(other_kind, other_currency)
    assert (account.id_in(app_id) == other.id_in(app_id)) is (account == other)


@given(KINDS, CURRENCIES, APPS)
def test_accounts_of_two_apps_have_two_identifiers(kind, currency, app_id):
    account = Account(kind, currency)
    assert account.id_in(app_id) != account.id_in(uuid4())
