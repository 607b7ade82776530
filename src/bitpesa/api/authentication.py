"""Who is calling: signatures over nonce, method, URL and body, or a secret sent in the open (flows 2.1).

Every failure looks the same from outside, whichever part failed. The log says which.
"""

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from bitpesa.api.errors import Unauthenticated
from bitpesa.kernel.clock import RememberedClock
from bitpesa.kernel.crypto import signing
from bitpesa.kernel.database.coalescing import Together
from bitpesa.kernel.database.pool import Database
from bitpesa.kernel.database.write_batch import Memory
from bitpesa.settings import Settings
from bitpesa.tenants.organisations import operations, queries
from bitpesa.tenants.organisations.key_cache import KeyRing
from bitpesa.tenants.organisations.model import Admission, Admitted, App, Credential, Environment

LONGEST_NONCE_BYTES = 255
LONGEST_KEY_BYTES = 255
MOST_MOVES = 5
"""How often a sandbox app may be begun anew while one request is let in."""

Headers = Mapping[bytes, bytes]
"""Request headers by lower-case name."""

_DEFAULT_PORTS = {"http": 80, "https": 443}

# What the JavaScript SDK signs as it is and yet sends percent-encoded.
_SENT_ENCODED = ((b"%21", b"!"), (b"%27", b"'"), (b"%28", b"("), (b"%29", b")"), (b"%2A", b"*"))

# The Ruby SDK signs an empty array with an equals sign, and sends it without one.
_EMPTY_ARRAY = re.compile(rb"(%5B%5D)(?=&|$)", re.IGNORECASE)

# An unknown key is checked against this, so that it takes as long as a known one.
_NOBODY: tuple[Environment, str] = ("sandbox", "0" * 64)


class Signed(msgspec.Struct, frozen=True):
    """A request that says it is signed."""

    key: str
    nonce: bytes
    signature: bytes


class WithSecret(msgspec.Struct, frozen=True):
    """A request that carries its secret. It has no nonce: TLS is what keeps it from being repeated."""

    key: str
    secret: bytes


class Request(msgspec.Struct, frozen=True):
    """What the signature covers, byte for byte as it arrived, and the host it was sent to."""

    method: str
    raw_path: bytes
    query_string: bytes
    body: bytes
    host: bytes = b""


class Caller(msgspec.Struct, frozen=True):
    """Who is calling: an app, by one of its keys; and the time the app lived in when it was let in.

    `admission`: what is still to be written to let it in; None when it was.
    """

    app: App
    key_id: UUID
    at: datetime
    admission: Admission | None = None


def read_claim(headers: Headers, *, secret_allowed: bool) -> Signed | WithSecret:
    """Read who a request claims to be, from its headers alone. Raises Unauthenticated."""
    key = _read_key(headers.get(b"authorization-key", b""))
    signature = headers.get(b"authorization-signature")
    if signature is not None:
        nonce = headers.get(b"authorization-nonce", b"")
        if not 0 < len(nonce) <= LONGEST_NONCE_BYTES:
            raise Unauthenticated("the nonce is missing or too long")
        return Signed(key, nonce, signature)
    secret = headers.get(b"authorization-secret")
    if secret is None or not secret_allowed:
        raise Unauthenticated("the signature is missing")
    return WithSecret(key, secret)


def signed_urls(origins: Sequence[str], raw_path: bytes, query_string: bytes) -> Iterator[str]:
    """The URLs a client may have signed, the likeliest first (contract of the SDKs, 1.5 a, c and d).

    Never the `Host` header: an origin that is not configured proves nothing about where the client meant to send it.
    """
    targets = list(_targets(raw_path, query_string))
    with_ports = [f"{origin}:{port}" for origin in origins if (port := _port_left_out(origin))]
    for target in targets:
        for origin in (*origins, *with_ports):
            yield origin + target


class Authenticator:
    """Finds out who is calling, with one round trip to the database for a key it has seen before.

    Calls that come while such a round trip is under way share the next one. Whoever writes on a sheet needs none.
    """

    def __init__(self, database: Database, keys: KeyRing, settings: Settings) -> None:
        self._database = database
        self._keys = keys
        self._settings = settings
        self._burning: Together[tuple[UUID, UUID, bytes], Admitted | None] = Together(self._burn)
        self._known = Memory()
        self._clock = RememberedClock()

    def read_claim(self, headers: Headers) -> Signed | WithSecret:
        """Read who a request claims to be, before its body is. Raises Unauthenticated."""
        return read_claim(headers, secret_allowed=self._settings.secret_header_auth)

    def remembered(self, headers: Headers) -> Credential | None:
        """The key that a request names, rightly or not, if it was seen before in this process."""
        return self._keys.remembered(headers.get(b"authorization-key", b"").decode("ascii", "replace"))

    def known(self, claim: Signed | WithSecret, request: Request) -> Caller | None:
        """Who is calling, from memory and without a round trip, for a signature that is valid; None if that won't do.

        Whether the key may be used still, and its nonce, is decided by the statement that writes the admission. So
        nothing may be answered before it is written, and no refusal on these grounds.
        """
        if not isinstance(claim, Signed):
            return None
        admitted: Admitted | None = self._known.recall(claim.key)
        credential, at = self._keys.remembered(claim.key), self._clock.now()
        if admitted is None or credential is None or at is None or admitted.app.id != credential.app_id:
            return None
        if not self._is_valid(claim, request, credential.environment, credential.secret):
            return None
        app, key_id = admitted.app, credential.key_id
        return Caller(app, key_id, at, Admission(app.id, key_id, claim.nonce, admitted.version, at))

    async def authenticate(self, claim: Signed | WithSecret, request: Request) -> Caller:
        """Check a claim. A valid signature uses up its nonce, an invalid one does not. Raises Unauthenticated."""
        credential = await self._credential(claim.key)
        for _ in range(MOST_MOVES):
            try:
                return await self._check(claim, request, credential)
            except Unauthenticated:
                moved = await self._moved(credential)
                if moved is None:
                    raise
                credential = moved
        return await self._check(claim, request, credential)

    async def _check(self, claim: Signed | WithSecret, request: Request, credential: Credential | None) -> Caller:
        if isinstance(claim, Signed):
            return await self._check_signature(claim, request, credential)
        return await self._check_secret(claim, request, credential)

    async def _moved(self, credential: Credential | None) -> Credential | None:
        """The key as it is now, when it speaks for another app than it did: its sandbox app was begun anew."""
        if credential is None or credential.environment != "sandbox":
            return None
        async with self._database.reading() as conn:
            now = await self._keys.by_text(conn, credential.key)
        return now if now is not None and now.app_id != credential.app_id else None

    async def _credential(self, key: str) -> Credential | None:
        known = self._keys.remembered(key)
        if known or not key:
            return known
        async with self._database.reading() as conn:
            return await self._keys.by_text(conn, key)

    async def _check_signature(self, claim: Signed, request: Request, credential: Credential | None) -> Caller:
        environment, secret = (credential.environment, credential.secret) if credential else _NOBODY
        valid = self._is_valid(claim, request, environment, secret)
        if credential is None or not valid:
            raise Unauthenticated("the signature is wrong" if credential else "the key is unknown")
        admitted = await self._burning.do((credential.app_id, credential.key_id, claim.nonce))
        self._remember(claim.key, admitted)
        if admitted is None:
            raise Unauthenticated("the nonce was used, the key revoked or the app disabled")
        return Caller(admitted.app, credential.key_id, admitted.at)

    def _is_valid(self, claim: Signed, request: Request, environment: Environment, secret: str) -> bool:
        return signing.matches_any(
            _text(claim.signature),
            secret,
            _text(claim.nonce),
            request.method,
            signed_urls(self._settings.origins(environment), request.raw_path, request.query_string),
            request.body,
        )

    def _remember(self, key: str, admitted: Admitted | None) -> None:
        if admitted is None or admitted.has_own_clock:
            self._known.forget(key)
            return
        self._known.remember(key, admitted)
        self._clock.hear(admitted.at)

    async def _burn(self, nonces: Sequence[tuple[UUID, UUID, bytes]]) -> Sequence[Admitted | Exception | None]:
        async with self._database.reading() as conn:
            return await operations.burn_nonces(conn, nonces)

    async def _check_secret(self, claim: WithSecret, request: Request, credential: Credential | None) -> Caller:
        secret = credential.secret if credential else _NOBODY[1]
        valid = hmac.compare_digest(claim.secret, secret.encode())
        if credential is None or not valid:
            raise Unauthenticated("the secret is wrong" if credential else "the key is unknown")
        if not self._may_be_used_at(request.host, credential.environment):
            raise Unauthenticated("the key belongs to another environment")
        async with self._database.reading() as conn:
            admitted = await queries.active_app(conn, credential.app_id, credential.key_id)
        if admitted is None:
            raise Unauthenticated("the key is revoked or the app disabled")
        return Caller(admitted.app, credential.key_id, admitted.at)

    def _may_be_used_at(self, host: bytes, environment: Environment) -> bool:
        """Whether keys of an environment work at this host. No signature tells here, only the host does.

        A host that nobody configured may be a name inside the deployment; that of the other environment never works.
        """
        other: Environment = "live" if environment == "sandbox" else "sandbox"
        named = _text(host).lower()
        hosts, other_hosts = (set(_hosts(self._settings.origins(each))) for each in (environment, other))
        return bool(hosts) and (named in hosts or named not in other_hosts)


def _read_key(raw: bytes) -> str:
    if not 0 < len(raw) <= LONGEST_KEY_BYTES or not raw.isascii():
        raise Unauthenticated("the key is missing or not one of ours")
    return raw.decode()


def _targets(raw_path: bytes, query_string: bytes) -> Iterator[str]:
    """Path and query as they were sent, then as SDKs sign them where they send something else.

    Every other spelling means the same to us, so that whoever changes one into the other changes no request.
    """
    sent = raw_path + b"?" + query_string if query_string else raw_path
    yield _text(sent)
    literal = sent
    for encoded, plain in _SENT_ENCODED:
        literal = literal.replace(encoded, plain).replace(encoded.lower(), plain)
    if literal != sent:
        yield _text(literal)
    if not query_string:
        yield _text(literal) + "?"
    with_signs = _EMPTY_ARRAY.sub(rb"\1=", query_string)
    if with_signs != query_string:
        yield _text(raw_path + b"?" + with_signs)


def _hosts(origins: Sequence[str]) -> Iterator[str]:
    """The hosts of origins as `Host` headers name them: with and without the port that goes without saying."""
    for origin in origins:
        parts = urlsplit(origin.lower())
        usual = f":{_DEFAULT_PORTS[parts.scheme]}"
        yield parts.netloc
        yield parts.netloc.removesuffix(usual) if parts.port else parts.netloc + usual


def _port_left_out(origin: str) -> int | None:
    parts = urlsplit(origin)
    return None if parts.port else _DEFAULT_PORTS[parts.scheme]


def _text(raw: bytes) -> str:
    """Bytes as text that turns back into the same bytes when it is signed."""
    return raw.decode("utf-8", "surrogateescape")
