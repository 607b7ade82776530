"""Passkeys as browsers and authenticators have them (WebAuthn, level 3): what they are asked, and what they reply.

Which challenge is open, and whose a passkey is, is for the caller to know.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec
import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn.helpers import base64url_to_bytes, parse_client_data_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bitpesa.kernel.values import json

CHALLENGE_SECONDS = 300
"""How long a challenge is good: browsers are told to give up by then."""

LONGEST_CREDENTIAL_ID = 1_023
"""As the standard has it."""

_USUAL_PORTS = {"http": 80, "https": 443}

_DEEPEST = 8
"""A reply has two levels, and extensions a few more."""

_VERIFICATION = UserVerificationRequirement.REQUIRED

# The library says in words what is wrong with most replies. The rest, as a key without its parts, breaks it.
_MALFORMED = (
    WebAuthnException,
    InvalidSignature,
    UnsupportedAlgorithm,
    json.NotJson,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class RelyingParty(msgspec.Struct, frozen=True):
    """Whom passkeys are for: a host, and the origin of the pages there that may ask for them."""

    id: str
    origin: str
    name: str


class Credential(msgspec.Struct, frozen=True):
    """A passkey as its authenticator made it. `transports` says how a browser finds it again."""

    id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


class Reply(msgspec.Struct, frozen=True):
    """What a browser says for a passkey: to which challenge, and as which. None of it is proved yet."""

    challenge: bytes
    credential_id: bytes
    said: dict[str, Any]


def relying_party(origin: str, name: str) -> RelyingParty | None:
    """The relying party of an origin; None where its host is a number: browsers keep passkeys for names alone.

    The origin is written as browsers write it: in small letters, and without the port that goes without saying.
    """
    parts = urlsplit(origin)
    host = parts.hostname
    if not host or _is_number(host):
        return None
    port = "" if parts.port in (None, _USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
    return RelyingParty(host, f"{parts.scheme}://{host}{port}", name)


def registration_options(
    party: RelyingParty,
    challenge: bytes,
    *,
    user_id: bytes,
    user_name: str,
    display_name: str,
    known: Iterable[Credential],
) -> str:
    """What a browser makes a new passkey from, as JSON: none on an authenticator that has one of those known.

    Where it comes from is not asked, since none would be turned away for that. That it finds its user by itself
    (a resident key) is welcome and not needed: a password was given before.
    """
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=user_id,
        user_name=user_name,
        user_display_name=display_name,
        challenge=challenge,
        timeout=CHALLENGE_SECONDS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_VERIFICATION
        ),
        exclude_credentials=_descriptors(known),
    )
    return webauthn.options_to_json(options)


def request_options(party: RelyingParty, challenge: bytes, known: Iterable[Credential]) -> str:
    """What a browser has one of these passkeys reply to, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=CHALLENGE_SECONDS * 1000,
        allow_credentials=_descriptors(known),
        user_verification=_VERIFICATION,
    )
    return webauthn.options_to_json(options)


def read_reply(text: str) -> Reply | None:
    """A reply as the script of a page sends it; None when it is none."""
    try:
        said = json.decode(text, deepest=_DEEPEST)
        client_data = parse_client_data_json(base64url_to_bytes(said["response"]["clientDataJSON"]))
        return Reply(client_data.challenge, base64url_to_bytes(said["rawId"]), said)
    except _MALFORMED:
        return None


def new_credential(party: RelyingParty, reply: Reply) -> Credential | None:
    """The passkey that a reply brings; None unless it was made for this challenge, here, by its verified user."""
    try:
        credential = parse_registration_credential_json(reply.said)
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=reply.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _MALFORMED:
        return None
    if len(made.credential_id) > LONGEST_CREDENTIAL_ID or made.credential_id != reply.credential_id:
        return None
    transports = tuple(each.value for each in credential.response.transports or ())
    return Credential(made.credential_id, made.credential_public_key, made.sign_count, transports)


def count_of(party: RelyingParty, reply: Reply, public_key: bytes) -> int | None:
    """What the authenticator of a passkey has counted; None unless it signed this challenge, here, for its user.

    Whether it may count so is for the caller to judge, who then knows that no stranger said it: the library would
    look at the count before the signature.
    """
    try:
        verified = webauthn.verify_authentication_response(
            credential=reply.said,
            expected_challenge=reply.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _MALFORMED:
        return None
    return verified.new_sign_count


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _descriptors(known: Iterable[Credential]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=each.id, transports=[AuthenticatorTransport(name) for name in each.transports])
        for each in known
    ]
