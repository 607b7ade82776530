import pytest

from bitpesa.rails.providers.simulator.networks import country_of, provider_of


@pytest.mark.parametrize(
    ("number", "provider"),
    [
        ("+256752123400", "airtel"),
        ("+256772123400", "mtn"),
        ("+237674044400", "mtn"),
        ("+237690044400", "orange"),
        ("+24174709400", "airtel"),
        ("+24166709400", "moov"),
        ("+221774044400", "orange"),
        ("+221764044400", "free"),
        ("+221704044400", "expresso"),
        ("+2250504044400", "mtn"),
        ("+2250104044400", "moov"),
        ("+22890044400", "tmoney"),
        ("+233244123400", "mtn"),
        ("+233204123400", "vodafone"),
        ("+233274123400", "airteltigo"),
        ("+233302123400", None),
        ("+1", None),
        ("0772123400", None),
        ("", None),
    ],
)
def test_a_number_tells_its_provider_in_the_words_of_the_api(number, provider):
    assert provider_of(number) == provider


def test_a_number_tells_its_country():
    assert country_of("+24174709400") == "GA"
    assert country_of("+237674044400") == "CM"
    assert country_of("+999123") is None
    assert country_of("74709400") is None


def test_a_name_that_countries_share_is_another_network_in_each():
    assert provider_of("+221761234567") == "free"
    assert provider_of("+255651234560") == "tigo"
