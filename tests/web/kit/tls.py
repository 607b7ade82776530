"""TLS in front of a server, as a proxy terminates it in a deployment; with a certificate made for the moment."""

import asyncio
import base64
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "portal.test"
"""A name of ours: what browsers hold for safe although it is plain, such as localhost, would show less."""


class Certificate(msgspec.Struct, frozen=True):
    """A certificate for HOST that is signed by itself, with its key, and how a browser is told to believe it."""

    path: Path
    pin: str


def make_certificate(folder: Path) -> Certificate:
    """Make one that is good for an hour."""
    key, name, now = ec.generate_private_key(ec.SECP256R1()), _name(HOST), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "portal.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Certificate(path, base64.b64encode(hashlib.sha256(public).digest()).decode())


@asynccontextmanager
async def behind_tls(listener: socket, port: int, certificate: Certificate) -> AsyncIterator[None]:
    """Pass on what comes to the listener by TLS to a port of this machine, while the block runs."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.path)
    talks: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        talks.add(talk)
        from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pour(reader, to_server), _pour(from_server, writer))
        talks.discard(talk)

    server = await asyncio.start_server(pass_on, sock=listener, ssl=context)
    try:
        yield
    finally:
        server.close()
        await asyncio.gather(*talks)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    with suppress(ConnectionError, ssl.SSLError):
        writer.close()
        await writer.wait_closed()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
