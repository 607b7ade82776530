import hmac
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.crypto import signing

EMPTY_DIGEST = (
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
)

# What the SDKs were seen to send and sign, with the secret `test-secret` (contract of the SDKs, 1.7):
# nonce, method, URL, body, digest of the body, signature.
VECTORS = {
    "V1": (
        "00000000-0000-4000-8000-000000000001",
        "GET",
        "http://localhost:8080/v1/transactions?page=1&per=10",
        "",
        EMPTY_DIGEST,
        (
            "2c0ea645a6a31472cdb7fc1000f5aad6849206cbb8c838c219b5270c11637d0a"
            "59b825ae773e6100b160d09aaaf2ac37e861a13ba24d744fe4bbe203c0a76f75"
        ),
    ),
    "V2": (
        "00000000-0000-4000-8000-000000000002",
        "POST",
        "http://localhost:8080/v1/webhooks",
        '{"webhook":{"url":"https://example.com/hook?x=1&y=é","events":["transaction.paid","recipient.error"]}}',
        (
            "0854f13dac7aae15876feb89fd5e812cf0ccc7fb2134921ec6e9284a703694a1"
            "4de2c2b4401af01425a83aaff21022fa39fe632c3aa82e2a6d1a4dcb16556d74"
        ),
        (
            "c475a9e29f8606e39ac23ff0614784aeaf2fff223c8950bd03a4ba60e3c45811"
            "c80180362a00d00d1748066ffe3b347e38a8dffffaedcdbd4df857992ffe16fa"
        ),
    ),
    "V3": (
        "00000000-0000-4000-8000-000000000003",
        "DELETE",
        "http://localhost:8080/v1/recipients/9d4d7b73-a94c-4979-ab57-09074fd55d33",
        "",
        EMPTY_DIGEST,
        (
            "e558a0704299ec5648f65fa14029a366e01115e94d8e7831d8bf1cad80594874"
            "bed71efb355850dd555b793f8e0232eeb07a24f7c79479e5732b5f41720af081"
        ),
    ),
    "V4": (
        "00000000-0000-4000-8000-000000000004",
        "GET",
        (
            "http://localhost:8080/v1/recipients?page=2&created_at_from=2018-06-06T00%3A00%3A00Z"
            "&state=initial&state=error&currency=NGN"
        ),
        "",
        EMPTY_DIGEST,
        (
            "57cd4a0700177cccf5f41909404fb1f1d43ba70208f6e7af2fb7343eb3348874"
            "5780a697d595d6f5b8ac0f66b41ec6b2243e3c1591c41cb00542e28e66258c2d"
        ),
    ),
    "V5": (
        "00000000-0000-4000-8000-000000000005",
        "DELETE",
        "http://localhost:8080/v1/recipients/9d4d7b73-a94c-4979-ab57-09074fd55d33",
        "{}",
        (
            "27c74670adb75075fad058d5ceaf7b20c4e7786c83bae8a32f626f9782af34c9"
            "a33c2046ef60fd2a7878d378e29fec851806bbd9a67878f3a9f1cda4830763fd"
        ),
        (
            "609d823bb80cc934d8bd66823d36925b418c85c758cb0ea72c05699806f85725"
            "502d7a5a64c8c15db68a56138ed6291c9e755141aa6a413520c7c696aaadd246"
        ),
    ),
    "V6": (
        "00000000-0000-4000-8000-000000000006",
        "POST",
        "https://merchant.example/hook?tenant=7",
        (
            '{"webhook":"02b769ff-0000-4000-8000-820d285d76c7","event":"transaction.paid",'
            '"object":{"id":"9170b966-0000-4000-8000-7af5ad7e335f","state":"paid"}}'
        ),
        (
            "9beeefa404064eab679dfb8f5dd373ada5fd9f2db8b38d0eeff34439d59daa37"
            "e7a978a18d8b39803feecde00dea8bd62f3bcf39f4fa708d585c47bebb74307c"
        ),
        (
            "f2c042bbaa2623ce3e4a36895f82e1eea54a8e8b50954d4c0b90dd3207985776"
            "3fd36352683315c0a2675435a25eb91038ee0103de13c5c86d7063daad5f5dd6"
        ),
    ),
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_a_request_is_signed_as_the_sdks_sign_it(vector):
    nonce, method, url, body, digest, signature = vector
    assert signing.body_digest(body.encode()) == digest
    assert signing.signature("test-secret", nonce, method, url, body.encode()) == signature
    assert signing.matches(signature, "test-secret", nonce, method, url, body.encode())


def test_the_example_of_the_2019_documentation_comes_out():
    digest = (
        "947148915d2982f7897ab187fd851e854265883109935e5e8c7ba662232b2de1"
        "5e92a298067687b5402319f0efebf0561d37fc4e73460c408f91c7e25bb66ae0"
    )
    message = signing.string_to_sign(
        "00c6a48a-ccb8-4653-a0c8-de7c1ab67529", "POST", "https://api-sandbox.bitpesa.co/v1/senders", digest
    )
    assert signing.sign("YOUR_API_SECRET", message) == (
        "fc44e638c823b660e41f30ba78abe0e04f0dfc6b365e4a7129e44a181530146e"
        "4b777940fe8948af6fee5133b7f85d46a3cdcab449b9559617e60e593b73853c"
    )


def test_an_empty_body_has_a_digest():
    assert signing.body_digest(b"") == EMPTY_DIGEST


def test_the_method_is_signed_in_capitals():
    assert signing.string_to_sign("n", "post", "u", "d") == "n&POST&u&d"


@pytest.mark.parametrize("given_signature", ["", "0" * 128, "Ü" * 64, "\udcff", "x" * 10_000])
def test_another_signature_does_not_match(given_signature):
    assert not signing.matches(given_signature, "test-secret", *VECTORS["V1"][:3], b"")


def test_a_signature_in_capitals_does_not_match():
    nonce, method, url, _, _, signature = VECTORS["V1"]
    assert not signing.matches(signature.upper(), "test-secret", nonce, method, url, b"")


def test_any_of_the_urls_may_have_been_signed():
    nonce, method, url, _, _, signature = VECTORS["V1"]
    assert signing.matches_any(signature, "test-secret", nonce, method, ["http://other", url], b"")
    assert not signing.matches_any(signature, "test-secret", nonce, method, ["http://other"], b"")
    assert not signing.matches_any(signature, "test-secret", nonce, method, [], b"")


@given(raw=st.binary(max_size=40))
def test_bytes_that_are_no_text_are_signed_as_they_are(raw):
    nonce = raw.decode("utf-8", "surrogateescape")
    message = raw + b"&GET&u&" + EMPTY_DIGEST.encode()
    assert signing.signature("s", nonce, "GET", "u", b"") == hmac.digest(b"s", message, "sha512").hex()


def test_comparison_takes_constant_time():
    source = inspect.getsource(signing.matches_any)
    assert "hmac.compare_digest(" in source
    assert "==" not in source
