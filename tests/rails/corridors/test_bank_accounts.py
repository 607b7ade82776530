import pytest

from bitpesa.rails.corridors.bank_accounts import is_account_number, is_rib

OF_BENIN = "BJ0610100100144390000769"


@pytest.mark.parametrize("text", [OF_BENIN, "10033052090901100045910", "20041010050500013M02606"])
def test_the_key_of_a_rib_follows_from_the_rest(text):
    assert is_rib(text)


def test_another_digit_breaks_the_key():
    assert not any(is_rib(OF_BENIN[:-1] + digit) for digit in "012345678")
    assert not is_rib(OF_BENIN.replace("439", "493"))


@pytest.mark.parametrize("text", ["", "BJ061", OF_BENIN + "0", OF_BENIN.lower(), "x" * 24])
def test_what_has_not_its_form_is_no_rib(text):
    assert not is_rib(text)


@pytest.mark.parametrize("text", ["1", "123456789", "12345678912345678", "GH12AB34", "0012/345"])
def test_letters_and_digits_may_be_an_account(text):
    assert is_account_number(text)


@pytest.mark.parametrize("text", ["", "ABC", "x", "1.23457E+09", "12 34", "١٢٣", "1" * 68])
def test_what_has_no_digit_or_other_marks_is_no_account(text):
    assert not is_account_number(text)
