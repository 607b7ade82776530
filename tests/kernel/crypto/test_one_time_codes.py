import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.crypto import one_time_codes as codes

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(at: int, code: str) -> None:
    moment = datetime.fromtimestamp(at, UTC)
    assert codes.code_at(SECRET, codes.step_at(moment)) == code
    assert codes.step_of(code, SECRET, moment) == at // 30


def test_a_clock_may_be_one_step_off_and_not_two() -> None:
    now = datetime(2026, 3, 2, 9, 0, 15, tzinfo=UTC)
    code = codes.code_at(SECRET, codes.step_at(now))
    for seconds, found in ((-30, True), (30, True), (-60, False), (60, False), (0, True)):
        assert (codes.step_of(code, SECRET, now + timedelta(seconds=seconds)) is not None) is found


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "-12345", "287 08", "28708\x00"]
)
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert codes.step_of(code, SECRET, datetime.fromtimestamp(59, UTC)) is None


def test_a_code_may_be_typed_with_a_space() -> None:
    assert codes.step_of(" 287 082 ", SECRET, datetime.fromtimestamp(59, UTC)) == 1


def test_an_authenticator_reads_the_uri() -> None:
    uri = urlsplit(codes.enrolment_uri(SECRET, "a+b&c@example.com", "bit pesa"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/bit%20pesa%3Aa%2Bb%26c%40example.com")
    assert parse_qs(uri.query) == {"secret": [SECRET], "issuer": ["bit pesa"], "digits": ["6"], "period": ["30"]}


@given(st.integers(1, 2**31))
def test_every_code_belongs_to_its_step(step: int) -> None:
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=30 * step)
    found = codes.step_of(codes.code_at(SECRET, step), SECRET, now)
    assert found is not None
    assert abs(found - step) <= 1


def test_secrets_are_long_and_never_the_same() -> None:
    made = {codes.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b32decode(secret)) for secret in made} == {20}
