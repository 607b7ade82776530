from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from bitpesa.api_logs import rules
from bitpesa.api_logs.model import Exchange


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
        '{"headers":{"Authorization-Signature":"[masked]","webhook-signature" : "[masked]","other":"y"}}'
    )


def test_a_signature_that_is_cut_in_two_is_masked():
    body = b'{"a":"' + b"x" * (rules.LONGEST_BODY_BYTES - 60) + b'","Authorization-Signature":"' + b"f" * 128
    shown = request_body(body)
    assert "ffff" not in shown


def test_a_link_that_opens_for_whoever_has_it_is_of_no_use_from_the_log():
    body = b'{"url":"https://a.test/files/1/2?expires=17&signature=' + b"a" * 64 + b'"}'
    assert request_body(body) == '{"url":"https://a.test/files/1/2?expires=17&signature=[masked]"}'


def test_an_upload_is_left_out_and_the_body_is_json_as_before():
    body = b'{"a":"data:image\\/png;base64,' + b"QUJD" * 16 + b'","b":"data:text/plain;base64,QQ=="}'
    assert request_body(body) == (
        '{"a":"data:image\\/png;base64,[64 bytes left out]","b":"data:text/plain;base64,QQ=="}'
    )


@given(st.binary(max_size=400))
def test_any_body_can_be_kept(body):
    text = request_body(body)
    assert "\x00" not in text
    assert text.encode() is not None


def test_what_waits_is_no_longer_than_what_is_kept():
    noted = rules.note(exchange(request_body=b"x" * 1_000_000, response_body=b"y" * 10))
    assert len(noted.request_body) < rules.LONGEST_BODY_BYTES + 20
    assert rules.to_log(noted).request_body == request_body(b"x" * 1_000_000)
    assert noted.response_body == b"y" * 10
