"""An authenticator in software: it makes passkeys and signs what it is asked, or lies where a test says so."""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 1, 4, 64


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Authenticator:
    """One passkey. What it says is as its fields have it: a test changes them."""

    def __init__(self, origin: str, *, count: int = 0, step: int = 1) -> None:
        self.origin = origin
        self.count = count
        self.step = step
        self.flags = USER_PRESENT | USER_VERIFIED
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(32)

    def made(self, options: str) -> str:
        """The reply to the options of a registration."""
        asked = json.loads(options)
        client_data = self.client_data("webauthn.create", asked["challenge"])
        said = {"fmt": "none", "attStmt": {}, "authData": self.data(asked["rp"]["id"], self.public_key())}
        return self.reply(
            clientDataJSON=base64url(client_data),
            attestationObject=base64url(cbor2.dumps(said)),
            transports=["internal", "unheard-of"],
        )

    def signed(self, options: str) -> str:
        """The reply to the options of a request."""
        asked = json.loads(options)
        self.count += self.step
        client_data = self.client_data("webauthn.get", asked["challenge"])
        data = self.data(asked["rpId"])
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self.reply(
            clientDataJSON=base64url(client_data),
            authenticatorData=base64url(data),
            signature=base64url(signature),
            userHandle=None,
        )

    def client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def data(self, host: str, credential: bytes = b"") -> bytes:
        flags = self.flags | (HAS_CREDENTIAL if credential else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + credential

    def public_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)

    def reply(self, **response: Any) -> str:
        named = base64url(self.credential_id)
        return json.dumps(
            {
                "id": named,
                "rawId": named,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
                "authenticatorAttachment": "platform",
            }
        )


def with_part(reply: str, name: str, value: bytes) -> str:
    """A reply of which one part is another."""
    said = json.loads(reply)
    said["response"][name] = base64url(value)
    return json.dumps(said)


def part(reply: str, name: str) -> bytes:
    """One part of a reply."""
    text = json.loads(reply)["response"][name]
    return urlsafe_b64decode(f"{text}===")
