"""One-time codes of an authenticator: RFC 6238, 30 seconds, 6 digits, SHA-1, as every such app takes them."""

import base64
import hmac
import os
import re
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_SECONDS = 30
DIGITS = 6
SKEW_STEPS = 1
"""How many steps the clock of a phone may be off, either way."""

_SECRET_BYTES = 20
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """Make a secret of 160 bits, as RFC 4226 recommends, in the letters that people may type off a screen."""
    return base64.b32encode(os.urandom(_SECRET_BYTES)).decode()


def enrolment_uri(secret: str, account: str, issuer: str) -> str:
    """What an authenticator scans to know a secret, in the form that all of them read."""
    query = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{issuer}:{account}', safe='')}?{query}"


def code_at(secret: str, step: int) -> str:
    """The code of a step."""
    return _totp(secret).generate(step * STEP_SECONDS).decode()


def step_at(moment: datetime) -> int:
    """The step that a moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def step_of(code: str, secret: str, now: datetime) -> int | None:
    """The step that a code belongs to, as far as clocks may differ; None when it is wrong.

    Whether it was used before is for the caller to know.
    """
    given = "".join(code.split())
    if not _CODE.fullmatch(given):
        return None
    here = step_at(now)
    steps = range(here - SKEW_STEPS, here + SKEW_STEPS + 1)
    matching = [step for step in steps if hmac.compare_digest(code_at(secret, step), given)]
    return max(matching, default=None)


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 # nosec B303 - all that authenticators speak
