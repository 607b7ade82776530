"""Files of rates as publishers offer them: read exactly, converted exactly, or refused whole with the line."""

import io
import zipfile
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.money.rates import rate_files
from bitpesa.money.rates.rate_files import RateFile, UnreadableRates, read_rate_file

ECB_XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><gesmes:subject>Reference rates</gesmes:subject><Cube>
<Cube time="2026-11-26"><Cube currency="USD" rate="1.1500"/><Cube currency="GBP" rate="0.8700"/></Cube>
<Cube time="2026-11-27"><Cube currency="USD" rate="1.1600"/><Cube currency="GBP" rate="0.8722"/>
<Cube currency="ZAR" rate="19.95"/><Cube currency="ISK" rate="147.3"/></Cube></Cube></gesmes:Envelope>
"""
ECB_DAILY_CSV = "Date, USD, GBP, ZAR, \n27 November 2026, 1.1600, 0.8722, 19.95, \n"
ECB_HISTORY_CSV = "Date,USD,GBP,ZAR,CYP,\n2026-11-26,1.15,0.87,19.9,N/A,\n2026-11-27,1.1600,0.8722,19.95,N/A,\n"
JSON = '{"timestamp": 1795773600, "base": "USD", "rates": {"USD": 1, "EUR": 0.862, "NGN": 1450.11, "BTC": 8.6e-06}}'

FROM_ECB = {
    "EUR": 1 / Fraction("1.16"),
    "GBP": Fraction("0.8722") / Fraction("1.16"),
    "ZAR": Fraction("19.95") / Fraction("1.16"),
}


def rates_of(file: RateFile) -> dict[str, Fraction]:
    return {quote.currency: quote.units_per_usd for quote in file.quotes}


def zipped(text: str, *more: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("eurofxref.csv", *more):
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.mark.parametrize(
    "data", [ECB_XML.encode(), ECB_DAILY_CSV.encode(), ECB_HISTORY_CSV.encode(), zipped(ECB_DAILY_CSV)]
)
def test_rates_of_the_ecb_are_converted_from_the_euro_exactly_and_the_newest_day_counts(data: bytes) -> None:
    found = read_rate_file(data)
    assert (found.source, found.dated) == ("ECB 2026-11-27", date(2026, 11, 27))
    assert rates_of(found) | FROM_ECB == rates_of(found)
    assert {*rates_of(found), *found.passed_over} <= {"EUR", "GBP", "ZAR", "ISK"}


def test_json_is_read_exactly_and_may_have_exponents() -> None:
    found = read_rate_file(JSON.encode())
    assert (found.source, found.dated) == ("JSON 2026-11-27", date(2026, 11, 27))
    assert rates_of(found) == {"EUR": Fraction("0.862"), "NGN": Fraction("1450.11"), "BTC": Fraction("0.0000086")}
    against_euro = read_rate_file(b'{"base": "EUR", "date": "2026-11-27", "rates": {"USD": 1.16, "GBP": 0.8722}}')
    assert rates_of(against_euro) == {code: FROM_ECB[code] for code in ("EUR", "GBP")}


@pytest.mark.parametrize(
    "text",
    [
        "currency,units_per_usd\nNGN,1450.11\nXOF,565.48\n",
        "\ufeffCurrency;Units_per_USD\r\nNGN;1450.11\r\nXOF;565.48\r\n",
        "pair\tmid\nUSDNGN\t1450.11\nUSD/XOF\t565.48\n",
        "Currency;Mid;Bid;Ask\nUSDNGN Curncy;1450.11;1449.50;1450.72\nUSDXOF Curncy;565.48;565;566\n",
    ],
)
def test_plain_csv_names_its_columns(text: str) -> None:
    assert rates_of(read_rate_file(text.encode())) == {"NGN": Fraction("1450.11"), "XOF": Fraction("565.48")}


def test_quoted_the_other_way_round() -> None:
    for text in ("currency,usd_per_unit\nEUR,1.16\n", "pair,rate\nEURUSD,1.16\n"):
        assert rates_of(read_rate_file(text.encode())) == {"EUR": 1 / Fraction("1.16")}


def test_a_decimal_comma_is_refused_until_somebody_says_that_it_is_one() -> None:
    data = b"Currency;Mid;Bid;Ask\nUSDNGN Curncy;1450,11;1449,50;1450,72\nEURUSD Curncy;1,1600;1,1599;1,1601\n"
    with pytest.raises(UnreadableRates, match=r"^Line 2, USDNGN CURNCY: 1450,11 can be read as 145011 or as 1450\.11"):
        read_rate_file(data)
    assert rates_of(read_rate_file(data, decimal_comma=True)) == {
        "NGN": Fraction("1450.11"),
        "EUR": 1 / Fraction("1.16"),
    }
    with pytest.raises(UnreadableRates, match=r"Line 2: 1450\.11 has a point"):
        read_rate_file(data.replace(b"1450,11", b"1450.11"), decimal_comma=True)


LAUGHS = '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
FROM_ELSEWHERE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"\x89PNG\r\n\xff\xfe", "no text"),
        (b"currency,units_per_usd\n", "no rate of a currency of the platform"),
        (b"a,b\nNGN,1\n", "name the columns"),
        (b"currency,mid\nNGN,1450\n", "Line 2: it is not clear what NGN is quoted in"),
        (b"pair,mid\nEURGBP,0.87\n", "Line 2: it is not clear what EURGBP is quoted in"),
        (b"currency,units_per_usd\nNGN,1450,11\n", "Line 2 has 3 columns, the first line 2: is a comma in a number?"),
        (b"currency,units_per_usd\nNGN,0\n", "Line 2, NGN: the rate has to be more than zero"),
        (b"currency,units_per_usd\nNGN,-5\n", "Line 2, NGN: -5 is negative"),
        (b"currency,units_per_usd\nNGN,1450\nNGN,1451\n", "two rates of NGN"),
        (b"currency,units_per_usd\nUSD,2\nNGN,1\n", "1 USD is not 1 USD"),
        (b'currency,units_per_usd\nNGN,"1450\n', "Line"),
        (b"Date,GBP\n2026-11-27,0.87\n", "none of USD"),
        (b"Date,USD,GBP\n27/11/2026,1.16,0.87\n", "Line 2: '27/11/2026' is no date"),
        (b"Date,USD,GBP\n2026-11-27,1,16,0,87\n", "Line 2 has more columns than the header"),
        (ECB_XML.replace("1.1600", "1,1600").encode(), "USD: 1,1600 can be read as 11600 or as 1.1600"),
        (b"<a/>", "no rates as the European Central Bank publishes them"),
        (b"<a>", "The XML cannot be read"),
        (LAUGHS.encode(), "The XML cannot be read"),
        (FROM_ELSEWHERE.encode(), "The XML cannot be read"),
        (b"{", "The JSON cannot be read"),
        (b"[]", "The JSON has no rates"),
        (b'{"base": "USD", "rates": {"NGN": -1}}', "NGN: -1 is no rate"),
        (b'{"base": "USD", "rates": {"NGN": "1,5"}}', "NGN: 1,5 can be read as 15 or as 1.5"),
        (b'{"base": "USD", "timestamp": 99999999999999, "rates": {"NGN": 1}}', "is no timestamp"),
        (b"PK\x03\x04 broken", "The ZIP file is broken"),
        (zipped("", "other.csv"), "exactly one file"),
    ],
)
def test_what_cannot_be_read_is_refused_whole_and_says_where(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableRates) as refusal:
        read_rate_file(data)
    assert words in str(refusal.value)


def test_a_small_zip_unpacks_to_no_more_than_a_file_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_files, "MAX_FILE_BYTES", 1000)
    with pytest.raises(UnreadableRates, match="longer than 1000 bytes"):
        read_rate_file(zipped("x" * 100_000))
    with pytest.raises(UnreadableRates, match="longer than 1000 bytes"):
        read_rate_file(b"x" * 1001)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(str.encode),
        st.text('<>PK{}[]",;0123.\nUSDEURcurrency_permid', max_size=120).map(str.encode),
    )
)
def test_any_file_is_read_or_refused_in_a_sentence(data: bytes) -> None:
    for decimal_comma in (False, True):
        try:
            found = read_rate_file(data, decimal_comma=decimal_comma)
        except UnreadableRates:
            continue
        assert all(rate > 0 for rate in rates_of(found).values())
