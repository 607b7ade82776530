"""Why a signature was refused, told to the owner of the key in its log and never to the caller.

The text that the server would have signed is told without the body, which stands there by its digest; and which part
differs, found by signing what clients sign by mistake. That is a dozen signatures at most, and a bounded number of
explanations for each key and hour. No secret is part of an explanation.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from hmac import compare_digest
from itertools import islice
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from bitpesa.api.authentication import LONGEST_KEY_BYTES, LONGEST_NONCE_BYTES, Headers, Request, signed_urls
from bitpesa.api_support.api_logs.model import Explanation
from bitpesa.kernel.crypto import signing
from bitpesa.kernel.database.pool import UNREACHABLE, Database
from bitpesa.kernel.observability.masking import mask_url
from bitpesa.kernel.values import json
from bitpesa.settings import Settings
from bitpesa.tenants.organisations import queries as organisations
from bitpesa.tenants.organisations.key_cache import KeyRing
from bitpesa.tenants.organisations.model import Credential, Environment

_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
MAX_SIGNATURES = 16
"""How many signatures are computed for one explanation."""
MAX_PER_HOUR = 60
"""How many calls of a key are explained in an hour, in each process."""
MAX_KEYS = 10_000
MAX_BODY_REWRITTEN = 64 * 1024
"""Longer bodies are not written anew to see whether another spelling was signed."""

MAX_KEYS_TRIED = 2
"""How many other keys of the app are tried."""

_NOBODY = Credential(UUID(int=0), UUID(int=0), "sandbox", "", "0" * 64)

_NO_MISTAKE = (
    "signature_wrong",
    (
        "The signature matches neither the text below nor any of the usual mistakes: compare your text with it letter"
        " by letter, and see that the secret is that of this key."
    ),
)

_SHA512_HEX = re.compile(rb"[0-9a-f]{128}")


class Explainer:
    """Explains calls that were not let in, as many for each key and hour as its owner may need.

    A key that nobody has is given as much work as one that is known, so that the caller's wait tells nothing.
    """

    def __init__(self, database: Database, keys: KeyRing, settings: Settings) -> None:
        self._database = database
        self._keys = keys
        self._settings = settings
        self._allowance = Allowance()

    async def explain(self, headers: Headers, request: Request) -> Explanation | None:
        """Why a call was not let in; None for a key that is not ours, and beyond what is explained in an hour."""
        key = headers.get(b"authorization-key", b"")[:LONGEST_KEY_BYTES].decode("ascii", "replace")
        named = self._keys.remembered(key)
        if not self._allowance.take(key, time.time()):
            return None
        credential = named or _NOBODY
        other: Environment = "live" if credential.environment == "sandbox" else "sandbox"
        is_valid = self._is_valid(headers, request, credential)
        others = self._keys.others_of_app(credential.app_id, credential.key, MAX_KEYS_TRIED)
        found = explain(
            headers,
            request,
            secret=credential.secret,
            other_secrets=[each.secret for each in others],
            origins=self._settings.origins(credential.environment),
            other_origins=self._settings.origins(other),
            is_valid=is_valid,
            is_key_usable=not is_valid or await self._is_usable(credential),
        )
        return None if named is None else found

    def _is_valid(self, headers: Headers, request: Request, credential: Credential) -> bool:
        """Whether the call is signed, or carries the secret, as it should."""
        signature = headers.get(b"authorization-signature")
        if signature is None:
            return compare_digest(headers.get(b"authorization-secret", b""), credential.secret.encode())
        urls = signed_urls(self._settings.origins(credential.environment), request.raw_path, request.query_string)
        nonce = _text(headers.get(b"authorization-nonce", b""))
        return signing.matches_any(_text(signature), credential.secret, nonce, request.method, urls, request.body)

    async def _is_usable(self, credential: Credential) -> bool:
        try:
            async with self._database.reading() as conn:
                return await organisations.active_app(conn, credential.app_id, credential.key_id) is not None
        except UNREACHABLE:
            return True


class Allowance:
    """Counts explanations by key and hour, so that nobody makes us compute for nothing."""

    def __init__(self, per_hour: int = MAX_PER_HOUR) -> None:
        self._per_hour = per_hour
        self._used: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def take(self, key: str, now: float) -> bool:
        """Whether one more call of a key may be explained; `now`: seconds of any clock."""
        hour = int(now // 3600)
        since, used = self._used.get(key, (hour, 0))
        used = used if since == hour else 0
        if used >= self._per_hour:
            return False
        self._used[key] = (hour, used + 1)
        self._used.move_to_end(key)
        if len(self._used) > MAX_KEYS:
            self._used.popitem(last=False)
        return True


class Candidate(msgspec.Struct, frozen=True):
    """Something that a client may have signed by mistake: the text, by which secret, and what that mistake is."""

    code: str
    sentence: str
    message: str
    is_other_key: bool = False


def signed_text(nonce: str, request: Request, origin: str) -> str:
    """What the server would have signed: nonce, method, URL and digest of the body."""
    return signing.string_to_sign(nonce, request.method, _url(origin, request), signing.body_digest(request.body))


def explain(
    headers: Headers,
    request: Request,
    *,
    secret: str,
    other_secrets: Sequence[str],
    origins: Sequence[str],
    other_origins: Sequence[str],
    is_valid: bool,
    is_key_usable: bool,
) -> Explanation:
    """Explain why a call of a known key was not let in.

    `is_valid`: the signature is right. `is_key_usable`: the key is not revoked and its app not suspended.
    """
    nonce, signature = headers.get(b"authorization-nonce", b""), headers.get(b"authorization-signature")
    origin = next(iter(origins), "")
    text = signed_text(_text(nonce), request, origin)
    code, sentence = _why(
        headers,
        request,
        secret=secret,
        other_secrets=other_secrets,
        origin=origin,
        other_origins=other_origins,
        is_valid=is_valid,
        is_key_usable=is_key_usable,
    )
    shown = None if signature is None else _masked(text, _url(origin, request))
    return Explanation(code=code, sentence=sentence, signed_text=shown)


def _why(
    headers: Headers,
    request: Request,
    *,
    secret: str,
    other_secrets: Sequence[str],
    origin: str,
    other_origins: Sequence[str],
    is_valid: bool,
    is_key_usable: bool,
) -> tuple[str, str]:
    nonce, signature = headers.get(b"authorization-nonce", b""), headers.get(b"authorization-signature")
    if signature is None:
        return _why_not_by_secret(headers, secret, other_secrets, is_key_usable=is_key_usable)
    if not nonce:
        return "nonce_missing", "The header Authorization-Nonce is missing: every signed call has one of its own."
    if len(nonce) > LONGEST_NONCE_BYTES:
        return "nonce_too_long", f"The nonce is longer than {LONGEST_NONCE_BYTES} bytes."
    if is_valid:
        if not is_key_usable:
            return "key_unusable", "The signature is right, but the key is revoked or waits, or its app is suspended."
        return "nonce_used", "The signature is right, but its nonce was used before: each call needs a new one."
    if not _SHA512_HEX.fullmatch(signature):
        return "signature_format", _about_format(signature)
    found = _mistake(
        _text(signature),
        _candidates(headers, request, _text(nonce), origin, other_origins, has_other=bool(other_secrets)),
        secret,
        other_secrets,
    )
    return found or _NO_MISTAKE


def _mistake(
    given: str, candidates: Iterator[Candidate], secret: str, other_secrets: Sequence[str]
) -> tuple[str, str] | None:
    """The candidate whose signature was given, with no more signatures than are worth it."""
    left = MAX_SIGNATURES
    for candidate in candidates:
        for used in islice(other_secrets if candidate.is_other_key else (secret,), left):
            left -= 1
            if compare_digest(signing.sign(used, candidate.message), given):
                return candidate.code, candidate.sentence
        if not left:
            return None
    return None


def _why_not_by_secret(
    headers: Headers, secret: str, other_secrets: Sequence[str], *, is_key_usable: bool
) -> tuple[str, str]:
    given = headers.get(b"authorization-secret")
    if given is None:
        return "signature_missing", "The header Authorization-Signature is missing."
    if compare_digest(given, secret.encode()):
        if not is_key_usable:
            return "key_unusable", "The secret is right, but the key is revoked or waits, or its app is suspended."
        return "secret_at_other_host", (
            "The secret is right, but the call was sent to a host of the other environment, or secrets without a"
            " signature are not accepted here."
        )
    if any(compare_digest(given, other.encode()) for other in other_secrets):
        return "other_key", "The secret is that of another key of this app."
    if compare_digest(given.strip(), secret.encode()):
        return "secret_with_space", "The secret was sent with white space around it."
    return "secret_wrong", "The secret is not that of this key."


def _candidates(
    headers: Headers,
    request: Request,
    nonce: str,
    origin: str,
    other_origins: Sequence[str],
    *,
    has_other: bool,
) -> Iterator[Candidate]:
    """What clients sign by mistake, the likeliest first."""
    digest, method = signing.body_digest(request.body), request.method
    url = _url(origin, request)
    text = signing.string_to_sign(nonce, method, url, digest)
    if has_other:
        yield Candidate("other_key", "Another key's secret of this app was used to sign.", text, is_other_key=True)
    for code, other, sentence in _other_urls(headers, request, origin, other_origins):
        yield Candidate(code, sentence, signing.string_to_sign(nonce, method, other, digest))
    for body, sentence in _other_bodies(request.body):
        yield Candidate("body", sentence, signing.string_to_sign(nonce, method, url, signing.body_digest(body)))
    yield Candidate(
        "method", "The method was signed in small letters: it is signed in capitals.",
        f"{nonce}&{method.lower()}&{url}&{digest}",
    )  # fmt: skip
    for other in _METHODS - {method.upper()}:
        sentence = f"{other} was signed as the method of a call that is {method}."
        yield Candidate("method", sentence, signing.string_to_sign(nonce, other, url, digest))
    if request.body:
        raw = request.body[:MAX_BODY_REWRITTEN].decode("utf-8", "surrogateescape")
        yield Candidate(
            "body_not_hashed", "The body itself was signed: its SHA-512 is, in hexadecimal digits.",
            f"{nonce}&{method.upper()}&{url}&{raw}",
        )  # fmt: skip


def _other_urls(
    headers: Headers, request: Request, origin: str, other_origins: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    host = _text(headers.get(b"host", b""))
    target = url_target(request)
    seen = {origin}
    for other, sentence in (
        (_other_scheme(origin), "The URL was signed with the other scheme, http in place of https or the reverse."),
        (
            f"https://{host}",
            "The URL was signed with the host that the call was sent to, which is not a public origin.",
        ),
        (f"http://{host}", "The URL was signed with the host that the call was sent to, which is not a public origin."),
        (next(iter(other_origins), ""), "The URL of the other environment was signed with a key of this one."),
    ):
        if other and other not in seen:
            seen.add(other)
            yield "url_origin", other + target, sentence
    if request.query_string:
        yield "url_query", origin + _text(request.raw_path), "The URL was signed without its query."
    else:
        slash = target[:-1] if target.endswith("/") else f"{target}/"
        yield "url_slash", origin + slash, "The URL was signed with another slash at its end."
    yield "url_path", target, "The path alone was signed: the whole URL is, with scheme and host."


def _other_bodies(body: bytes) -> Iterator[tuple[bytes, str]]:
    if not body:
        return
    yield b"", "The call was signed as if it had no body."
    if len(body) > MAX_BODY_REWRITTEN:
        return
    try:
        found = json.decode(body)
    except ValueError:
        return
    compact = json.encode(found)
    for spelling in (compact, compact.replace(b'":', b'": ').replace(b',"', b', "')):
        if spelling != body:
            yield (
                spelling,
                "The body was signed in another spelling than was sent: sign the very bytes that are sent.",
            )


def url_target(request: Request) -> str:
    """Path and query as they were sent."""
    return _text(request.raw_path + (b"?" + request.query_string if request.query_string else b""))


def _url(origin: str, request: Request) -> str:
    return origin + url_target(request)


def _other_scheme(origin: str) -> str:
    parts = urlsplit(origin)
    return "" if not parts.scheme else f"{'http' if parts.scheme == 'https' else 'https'}://{parts.netloc}"


def _about_format(signature: bytes) -> str:
    if _SHA512_HEX.fullmatch(signature.lower()):
        return "The signature has capital letters: its hexadecimal digits are small ones."
    return (
        f"The signature is {len(signature)} characters long: HMAC-SHA-512 has 128 hexadecimal digits, in small letters."
    )


def _masked(text: str, url: str) -> str:
    """The text as it may be kept: what a URL should not hold is masked there as in the log."""
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    plain = url.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return readable.replace(plain, mask_url(plain))[:4000]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
