import base64
import json
import re
from urllib.parse import quote, unquote_plus
from uuid import uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitpesa.api_support.api_logs import rules
from bitpesa.api_support.api_logs.model import Exchange
from bitpesa.kernel.observability.masking import NUMBER_FIELDS, mask_json
from bitpesa.kernel.values import json as ours
from bitpesa.payments.documents.uploads import Inline, read_upload


def exchange(**parts):
    return Exchange(
        **{
            "id": uuid4(),
            "app_id": uuid4(),
            "at": None,
            "method": "POST",
            "url": "http://localhost/v1/senders",
            "request_headers": (),
            "request_body": b"",
            "status": 200,
            "response_headers": (),
            "response_body": b"",
            **parts,
        }
    )


def request_body(body):
    return rules.to_log(exchange(request_body=body)).request_body


def headers(*pairs):
    return rules.to_log(exchange(request_headers=pairs)).request_headers


def test_headers_have_their_cgi_names():
    assert headers((b"host", b"localhost"), (b"content-type", b"text/plain"), (b"x-a", b"1"), (b"x-a", b"2")) == {
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "text/plain",
        "HTTP_X_A": "1, 2",
    }


def test_headers_that_prove_something_are_masked():
    shown = headers(
        (b"authorization-key", b"k"),
        (b"authorization-nonce", b"n"),
        (b"authorization-signature", b"s"),
        (b"authorization-secret", b"s"),
        (b"authorization", b"s"),
        (b"cookie", b"s"),
    )
    assert [name for name, value in shown.items() if value == rules.MASK] == [
        "HTTP_AUTHORIZATION_SIGNATURE",
        "HTTP_AUTHORIZATION_SECRET",
        "HTTP_AUTHORIZATION",
        "HTTP_COOKIE",
    ]


def test_signatures_inside_bodies_are_masked():
    body = b'{"headers":{"Authorization-Signature":"ab\\"c","webhook-signature" : "v1,x","other":"y"}}'
    assert request_body(body) == (
        '{"headers":{"Authorization-Signature":"[masked]","webhook-signature":"[masked]","other":"y"}}'
    )


@pytest.mark.parametrize("body", [b'{"a":1', b"98765432100", b'{"bank_account":"98765432100"', b"<x/>", b"\xff{}"])
def test_what_is_no_json_is_not_kept_itself(body):
    if body.isdigit():
        assert request_body(body) == body.decode()  # JSON is read by the names of its fields: this has none
        return
    shown = request_body(body)
    assert re.fullmatch(rf"\[{len(body)} bytes that were not read as JSON, SHA-256 [0-9a-f]{{64}}\]", shown)


def test_what_holds_more_values_than_the_api_reads_is_not_kept_itself():
    assert request_body(b"[" + b"1," * rules.MAX_VALUES + b"1]").startswith("[400003 bytes that were not read")


def test_json_that_reads_as_it_is_spelled_stays_as_it_was_written():
    body = '{"a": [1.50, 2e3, true, null], "first_name":"Ngũgĩ", "bank_account": "98765432100"}'
    assert request_body(body.encode()) == body.replace("98765432100", "********100")


def test_a_name_that_is_given_twice_is_masked_each_time():
    for body in (
        b'{"iban":"98765432100","iban":"x"}',
        b'{"a":{"iban":"98765432100"},"a":{}}',
        b'{"iban":["98765432100"]}',
        b'{"iban":{"a":[{"b":98765432100}]}}',
        b'{"IBAN" :98765432100}',
    ):
        assert "98765432" not in request_body(body), body


def test_a_link_that_opens_for_whoever_has_it_is_of_no_use_from_the_log():
    body = b'{"url":"https://a.test/files/1/2?expires=17&signature=' + b"a" * 64 + b'"}'
    assert request_body(body) == '{"url":"https://a.test/files/1/2?expires=17&signature=[masked]"}'


def test_an_upload_is_left_out_and_the_body_is_json_as_before():
    body = b'{"a":"data:image\\/png;base64,' + b"QUJD" * 16 + b'","b":"data:text/plain;base64,QQ=="}'
    assert request_body(body) == (
        '{"a":"data:image/png;base64,[64 bytes left out]","b":"data:text/plain;base64,[4 bytes left out]"}'
    )


PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256))
SPACES = st.text(alphabet=" \t\n\r\f\v", max_size=3)


@st.composite
def spelled(draw, text):
    """JSON for a text, some of whose characters are written as escapes."""
    chosen = draw(st.sets(st.integers(0, len(text) - 1), max_size=12)) if text else set()
    pieces = []
    for at, letter in enumerate(text):
        escaped = at in chosen or not letter.isprintable() or letter in '"\\'
        pieces.append(f"\\u{ord(letter):04{draw(st.sampled_from('xX'))}}" if escaped else letter)
    slash = draw(st.sampled_from(["/", "\\/"]))
    return '"' + "".join(pieces).replace("/", slash) + '"'


@st.composite
def uploads(draw):
    """Uploads, in whatever spelling is taken."""
    data = base64.b64encode(PICTURE).decode().rstrip("=" if draw(st.booleans()) else "")
    every = draw(st.integers(20, 400))
    data = draw(SPACES).join(data[at : at + every] for at in range(0, len(data), every))
    kind = "".join(draw(st.sampled_from([each.lower(), each.upper()])) for each in "image/png")
    scheme = "".join(draw(st.sampled_from([each.lower(), each.upper()])) for each in "data:")
    parameters = "".join(draw(st.lists(st.sampled_from([";a=b", "; charset=x", ";" * 3, ';q="z"']), max_size=6)))
    mark = draw(st.sampled_from([";base64", ";BASE64", "; base64 ", ";Base64"]))
    value = f"{draw(SPACES)}{scheme}{draw(SPACES)}{kind}{draw(SPACES)}{parameters}{mark},{data}"
    read = read_upload(value, largest_bytes=10_000, live=True, allow_private=False)
    assume(isinstance(read, Inline))
    return value


def everything_in(text):
    """A log entry as somebody reads it who looks for something: as it stands, decoded, without white space."""
    found = [text, unquote_plus(text)]
    waiting = []
    try:
        waiting.append(json.loads(text))
    except ValueError:
        found.append(text.encode().decode("unicode_escape", "replace"))
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, list):
            waiting += node
        else:
            found.append(str(node))
    return ["".join(each.split()) for each in found]


@st.composite
def around(draw, name, value):
    """A value (as JSON) under a name (as JSON), somewhere in a body, perhaps beside or behind its like."""
    space = draw(st.sampled_from(["", " ", "\n\t"]))
    inner = f"{{{space}{name}{space}:{space}{value}{space}}}"
    shape = draw(
        st.sampled_from(["%s", '{"a":%s}', '{"a":[[%s]],"b":"x"}', '{"a":%s,"a":{}}', '{"é":{"x":"\\n"},"y":%s}'])
    )
    twice = draw(st.sampled_from(["", f"{name}:{value},{name}:null,"]))
    return (shape % inner.replace("{", "{" + twice, 1)).encode()


@given(st.data(), uploads(), st.sampled_from(["upload", "image", "x", "upload_file_name"]), st.booleans())
def test_nothing_that_is_taken_as_a_file_is_in_a_log(data, upload, name, is_answer):
    body = data.draw(around(data.draw(spelled(name)), data.draw(spelled(upload))))
    if is_answer:  # we write it, as a refusal that repeats what was sent
        body = ours.encode({"object": [{name: upload, "errors": {}}]})
    kept = rules.to_log(exchange(**{"response_body" if is_answer else "request_body": body}))
    plain = base64.b64encode(PICTURE).decode()
    for text in everything_in(kept.response_body if is_answer else kept.request_body):
        assert not any(plain[at : at + 12] in text for at in range(len(plain) - 12)), text


@given(
    st.data(),
    st.sampled_from(["", "sender_", "aml_officer_", "A_"]),
    st.sampled_from(NUMBER_FIELDS),
    st.text(alphabet="0123456789", min_size=8, max_size=24).filter(lambda text: len(set(text)) > 3),
    st.sampled_from([3, 4, 30]),
)
def test_nothing_that_is_taken_as_an_account_is_in_a_log(data, prefix, field, number, group):
    name = prefix + (field if data.draw(st.booleans()) else field.upper())
    value = " ".join(number[at : at + group] for at in range(0, len(number), group))
    written = data.draw(st.sampled_from([data.draw(spelled(value)), "1" + number]))
    body = data.draw(around(data.draw(spelled(name)), written))
    url_name = "".join(
        f"%{ord(each):02x}" if data.draw(st.booleans()) or not each.isalnum() else each for each in f"details[{name}]"
    )
    kept = rules.to_log(exchange(request_body=body, url=f"http://localhost/v1/accounts?{url_name}={quote(value)}&x=1"))
    hidden = number[: len(number) - 4]
    for text in (*everything_in(kept.request_body), *everything_in(kept.request_url)):
        assert hidden not in text, text


def test_an_answer_that_is_cut_is_masked_as_far_as_it_goes():
    body = b'{"a":"' + b"x" * (rules.LONGEST_BODY - 40) + b'","Authorization-Signature":"' + b"f" * 128
    for noted in (exchange(response_body=body), rules.note(exchange(response_body=body))):
        assert "ffff" not in rules.to_log(noted).response_body


def test_of_a_signature_in_a_header_that_is_a_url_nothing_is_left():
    assert headers((b"referer", b"https://a.test/x?bank_account=98765432100")) == {
        "HTTP_REFERER": "https://a.test/x?bank_account=********100"
    }


def test_masking_what_is_masked_shows_no_more():
    once = request_body(b'{"iban":"GB33BUKB20201555555555","secret":"x","a":"data:image/png;base64,QUJD"}')
    assert mask_json(once.encode()) == once.replace("[4 bytes", "[18 bytes")


@given(st.binary(max_size=400))
def test_any_body_can_be_kept(body):
    text = request_body(body)
    assert "\x00" not in text
    assert text.encode() is not None


def test_what_waits_is_no_longer_than_what_is_kept():
    long = b'"' + b"x" * 1_000_000 + b'"'
    noted = rules.note(exchange(request_body=long, response_body=b"y" * 10))
    assert len(noted.request_body) < rules.LONGEST_BODY + 20
    assert rules.to_log(noted).request_body == request_body(long)
    assert noted.response_body == b"y" * 10
    answered = rules.note(exchange(response_body=long))
    assert len(answered.response_body) < rules.LONGEST_BODY + 20
