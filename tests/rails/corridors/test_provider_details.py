from bitpesa.rails.corridors.catalogue import corridor
from bitpesa.rails.corridors.rules import provider_details


def test_a_provider_is_given_the_number_in_full():
    details = {"phone_number": "0712345600", "country": "CI", "mobile_provider": "orange", "note": "0712345600"}
    assert provider_details(corridor("XOF::Mobile"), details) == {**details, "phone_number": "+2250712345600"}
    assert details["phone_number"] == "0712345600"


def test_the_country_that_is_paid_into_decides_how_a_national_number_reads():
    given = {"phone_number": "699123456", "country": "CM"}
    assert provider_details(corridor("XAF::Mobile"), given)["phone_number"] == "+237699123456"


def test_what_is_no_number_stays():
    assert provider_details(corridor("UGX::Mobile"), {"phone_number": "nobody"}) == {"phone_number": "nobody"}
    assert provider_details(corridor("UGX::Mobile"), {"phone_number": None}) == {"phone_number": None}
