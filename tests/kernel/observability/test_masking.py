import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.observability.masking import (
    LEFT_OUT,
    MASK,
    NUMBER_FIELDS,
    SECRET_FIELDS,
    mask_json,
    mask_line,
    mask_url,
    mask_written,
    masked_number,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["iban", "otp", "phone_number", "name"]), inner),
)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("", ""),
        ("12", "**"),
        ("123", "**3"),
        ("123456789", "******789"),
        ("+12125551234", "********1234"),
        ("GB33BUKB20201555555555", "******************5555"),
    ],
)
def test_of_a_number_the_end_is_left(number, shown):
    assert masked_number(number) == shown


@given(st.text())
def test_never_more_than_a_third_of_a_number_is_shown(text):
    shown = masked_number(text)
    assert len(shown) == len(text)
    assert len(shown.lstrip("*")) <= min(4, len(text) // 3)


def by_names(text: str) -> str:
    return mask_json(text.encode()) or ""


@pytest.mark.parametrize("masking", [by_names, mask_written])
@pytest.mark.parametrize("prefix", ["", "sender_", "aml_officer_"])
@pytest.mark.parametrize("field", NUMBER_FIELDS)
def test_a_telling_field_is_masked_by_its_name(masking, prefix, field):
    text = json.dumps({"a": [{prefix + field: "1234567890"}], "amount": "1234567890"})
    assert json.loads(masking(text)) == {"a": [{prefix + field: "*******890"}], "amount": "1234567890"}


@pytest.mark.parametrize("masking", [by_names, mask_written])
@pytest.mark.parametrize("field", SECRET_FIELDS)
def test_of_a_secret_field_nothing_is_left(masking, field):
    assert json.loads(masking(json.dumps({field: 'a"b', "x": 1}))) == {field: MASK, "x": 1}


@pytest.mark.parametrize("masking", [by_names, mask_written])
def test_a_name_that_only_ends_like_one_is_another(masking):
    text = '{"libanan": "1234567890", "siban": "1234567890", "desecret": "x", "iban_country": "GB"}'
    assert masking(text) == text


@pytest.mark.parametrize("masking", [by_names, mask_written])
def test_a_value_with_quotes_and_other_scripts_is_masked_to_its_end(masking):
    text = json.dumps({"iban": 'GB"33\\', "phone_number": "٠١٢٣٤٥٦٧٨٩", "x": "é"}, ensure_ascii=False)
    masked = json.loads(masking(text))
    assert masked["x"] == "é"
    assert set(masked["phone_number"]) == {"*"}
    assert "GB" not in masked["iban"]


def test_numbers_that_are_no_texts_and_texts_that_are_cut_are_masked():
    assert mask_written('{"bank_account": 1234567890, "iban" :"DE8937040044053201300') == (
        '{"bank_account": "*******890", "iban" :"*****************1300'
    )


@pytest.mark.parametrize("text", ["", "{", '{"a":1', "x", '{"a":1}x', "[" * 101 + "]" * 101, '"\x01"'])
def test_what_is_no_json_is_not_masked_as_json(text):
    assert mask_json(text.encode()) is None


@pytest.mark.parametrize("masking", [by_names, mask_written])
@given(JSON)
def test_masked_json_is_json_and_says_the_same_but_for_what_is_masked(masking, value):
    read = json.loads(masking(json.dumps({"object": value})))
    assert read.keys() == {"object"}


@given(JSON)
def test_what_is_masked_does_not_depend_on_how_it_is_written(value):
    whole = {"object": value}
    written = [json.dumps(whole, ensure_ascii=plain, indent=indent) for plain in (True, False) for indent in (None, 1)]
    assert len({json.dumps(json.loads(by_names(each))) for each in written}) == 1


@given(JSON)
def test_masking_twice_shows_no_more(value):
    once = by_names(json.dumps(value))
    assert json.loads(by_names(once)) is not None or value is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://a/senders?phone_number=%2B12125551234&page=1",
            "https://a/senders?phone_number=**********1234&page=1",
        ),
        ("https://a/b?details[bank_account]=1234567890", "https://a/b?details[bank_account]=*******890"),
        (
            "https://a/b?details%5Biban%5D=GB33BUKB20201555555555",
            "https://a/b?details%5Biban%5D=******************5555",
        ),
        ("https://a/f?expires=1&signature=" + "a" * 64, "https://a/f?expires=1&signature=[masked]"),
        ("https://a/b?bank%5faccount=1234567890&iban", "https://a/b?bank%5faccount=*******890&iban"),
        ("https://a/b?a[b].iban=1234567890&otp=123456", f"https://a/b?a[b].iban=*******890&otp={MASK}"),
        ("https://a/b?x=DATA:image/png;base64,QUJD&y=1", f"https://a/b?x={LEFT_OUT}&y=1"),
        ("https://a/transactions?external_id=1234567890", "https://a/transactions?external_id=1234567890"),
    ],
)
def test_a_url_is_masked_by_the_names_of_its_parameters(url, shown):
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("account 1234567890 refused", "account *******890 refused"),
        ("phone +12125551234", "phone ********1234"),
        ("IBAN GB33BUKB20201555555555.", "IBAN ******************5555."),
        ("signature " + "0f" * 64, f"signature {MASK}"),
        ("v1," + "QUJD" * 20, MASK),
        ("postgresql://user:hunter2@db/name", f"postgresql://{LEFT_OUT}@db/name"),
        ("upload data:image/png;base64,QUJDREVG was bad", f"upload {LEFT_OUT}"),
        ('upload "DATA: image/png;a=b; base64 ,QUJD REVG" was bad', f'upload "{LEFT_OUT}" was bad'),
        ("DETAIL:  Failing row contains (1, Jane,\n 12345).", f"DETAIL:  Failing row contains ({LEFT_OUT})"),
        ("a\nFailing row contains (1).\n\nDuring handling", f"a\nFailing row contains ({LEFT_OUT})\n\nDuring handling"),
        ("for query argument $12: 'hunter2' (a str)\nb", f"for query argument $({LEFT_OUT})\nb"),
        ("DETAIL:  Key (name, bank_account)=(Jane, 12) already exists.",
         f"DETAIL:  Key (name, bank_account)=({LEFT_OUT}) already exists."),
        ('{"bank_account": "12345678"}', '{"bank_account": "******78"}'),
        ("took 123456 us", "took 123456 us"),
        ("at 2026-11-24T22:43:59.123456Z", "at 2026-11-24T22:43:59.123456Z"),
    ],
)  # fmt: skip
def test_a_line_is_masked_by_what_stands_in_it(line, shown):
    assert mask_line(line) == shown


def test_an_identifier_is_left_as_it_is():
    for text in (str(uuid4()), "12345678-1234-1234-1234-123456789012"):
        assert mask_line(f"transaction {text} failed") == f"transaction {text} failed"
