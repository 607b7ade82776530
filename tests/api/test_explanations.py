"""A refused signature is explained by what was signed in place of the right text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.api.authentication import Request
from bitpesa.api.explanations import MAX_PER_HOUR, MAX_SIGNATURES, Allowance, _candidates, explain
from bitpesa.api_support.api_logs.model import Explanation
from bitpesa.kernel.crypto import signing

ORIGIN, LIVE = "https://sandbox.test", "https://live.test"
SECRET, OTHER = "s" * 64, "o" * 64
BODY = b'{"a": 1, "b": [1, 2]}'
CALL = Request("POST", b"/v1/senders", b"page=1", BODY, b"10.0.0.1:8080")
URL = f"{ORIGIN}/v1/senders?page=1"


def why(signature: bytes | None, request: Request = CALL, *, nonce: bytes = b"n-1", **known: Any) -> Explanation:
    headers = {b"authorization-key": b"sandbox_k", b"authorization-nonce": nonce, b"host": request.host}
    if signature is not None:
        headers[b"authorization-signature"] = signature
    headers.update(known.pop("headers", {}))
    return explain(
        headers,
        request,
        **{
            "secret": SECRET,
            "other_secrets": [OTHER],
            "origins": [ORIGIN],
            "other_origins": [LIVE],
            "is_valid": False,
            "is_key_usable": True,
            **known,
        },
    )


def signed(url: str = URL, body: bytes = BODY, method: str = "POST", secret: str = SECRET, nonce: str = "n-1") -> bytes:
    return signing.signature(secret, nonce, method, url, body).encode()


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        (signed(secret=OTHER), "other_key"),
        (signed("http://sandbox.test/v1/senders?page=1"), "url_origin"),
        (signed("http://10.0.0.1:8080/v1/senders?page=1"), "url_origin"),
        (signed("https://10.0.0.1:8080/v1/senders?page=1"), "url_origin"),
        (signed("https://live.test/v1/senders?page=1"), "url_origin"),
        (signed("https://sandbox.test/v1/senders"), "url_query"),
        (signed("/v1/senders?page=1"), "url_path"),
        (signed(body=b""), "body"),
        (signed(body=b'{"a":1,"b":[1,2]}'), "body"),
        (signing.sign(SECRET, f"n-1&post&{URL}&{signing.body_digest(BODY)}").encode(), "method"),
        (signed(method="GET"), "method"),
        (signed(method="PUT"), "method"),
        (signing.sign(SECRET, f"n-1&POST&{URL}&{BODY.decode()}").encode(), "body_not_hashed"),
        (signed(secret="x" * 64), "signature_wrong"),
        (signed(nonce="n-2"), "signature_wrong"),
        (signed().upper(), "signature_format"),
        (b"Zm9v" * 22, "signature_format"),
        (signed()[:64], "signature_format"),
        (None, "signature_missing"),
    ],
)
def test_a_mistake_is_told(signature: bytes | None, code: str) -> None:
    assert why(signature).code == code


def test_a_slash_at_the_end_is_told() -> None:
    call = Request("GET", b"/v1/senders", b"", b"", b"sandbox.test")
    assert why(signed(f"{ORIGIN}/v1/senders/", b"", "GET"), call).code == "url_slash"


def test_what_is_wrong_beside_the_signature_is_told() -> None:
    assert why(signed(), is_valid=True).code == "nonce_used"
    assert why(signed(), is_valid=True, is_key_usable=False).code == "key_unusable"
    assert why(signed(), nonce=b"").code == "nonce_missing"
    assert why(signed(), nonce=b"n" * 256).code == "nonce_too_long"


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        (SECRET, "secret_at_other_host"),
        (OTHER, "other_key"),
        (f"{SECRET} ", "secret_with_space"),
        ("wrong", "secret_wrong"),
    ],
)
def test_a_secret_that_was_sent_is_judged_without_being_repeated(secret: str, code: str) -> None:
    told = why(None, headers={b"authorization-secret": secret.encode()})
    assert (told.code, told.signed_text) == (code, None)
    assert secret.strip() not in told.sentence


def test_the_text_that_we_would_have_signed_is_told_without_the_body() -> None:
    told = why(signed(secret="x" * 64))
    assert told.signed_text == f"n-1&POST&{URL}&{signing.body_digest(BODY)}"
    assert SECRET not in str(told)


def test_what_a_url_should_not_hold_is_masked() -> None:
    call = Request("GET", b"/v1/senders", b"bank_account=1234567890", b"", b"sandbox.test")
    assert "1234567890" not in str(why(signed(), call))


@given(
    st.sampled_from(["GET", "POST"]),
    st.binary(max_size=40),
    st.binary(max_size=40),
    st.sampled_from([b"", BODY, b"[1]", b"\xff", b'"x"']),
    st.binary(max_size=40),
)
def test_whatever_comes_is_explained_with_few_signatures(
    method: str, path: bytes, query: bytes, body: bytes, nonce: bytes
) -> None:
    call = Request(method, path, query, body, b"10.0.0.1")
    assert why(signed(), call, nonce=nonce).sentence
    headers = {b"host": b"10.0.0.1"}
    made = list(_candidates(headers, call, nonce.decode("utf-8", "surrogateescape"), ORIGIN, [LIVE], has_other=True))
    assert len(made) <= MAX_SIGNATURES


def test_so_many_calls_of_a_key_are_explained_in_an_hour() -> None:
    allowance = Allowance()
    assert [allowance.take("k", 10.0) for _ in range(MAX_PER_HOUR + 2)] == [True] * MAX_PER_HOUR + [False] * 2
    assert allowance.take("other", 10.0), "another key has its own"
    assert allowance.take("k", 3600.0), "in the next hour again"
