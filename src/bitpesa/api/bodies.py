"""The bodies of requests, as they come in: bounded each, and bounded together (flows 11.1).

A body is read before anybody knows whether its signature is right, so strangers could fill the memory with bodies that
they never finish. What all of them hold together is counted, and beyond a limit nobody is read any more.
"""

import zlib
from collections.abc import AsyncIterator

import msgspec
from starlette.types import Message, Receive

from bitpesa.api import errors
from bitpesa.api.authentication import Headers
from bitpesa.kernel.problems import Malformed

NOT_PACKED = (b"", b"identity")

MAX_MEMBERS = 10_000
"""How many gzip members a body may have: an empty one is work, and takes 20 bytes."""

_INFLATE_GZIP = 16 + zlib.MAX_WBITS
_PIECE_BYTES = 16_384
"""What is unpacked at a time: the rest of a piece is copied at the end of each member."""


class ClientWentAway(Exception):
    """The client hung up before its request was complete: nobody is left to answer."""


class Taken(msgspec.Struct):
    """How many bytes the body of one request takes, packed and unpacked, until it is answered."""

    size_bytes: int = 0


class Bodies:
    """The bodies that this process holds."""

    def __init__(self, most_bytes: int, most_bytes_together: int) -> None:
        self._most_bytes = most_bytes
        self._most_bytes_together = most_bytes_together
        self._held_bytes = 0

    async def read(self, headers: Headers, receive: Receive, taken: Taken) -> bytes:
        """Read a whole body, undoing its compression: signatures cover what was compressed. Raises TooLarge, Busy."""
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._most_bytes:
            raise errors.TooLarge
        body = bytearray()
        async for chunk in _chunks(receive):
            body += chunk
            self._take(taken, len(chunk))
            if len(body) > self._most_bytes:
                raise errors.TooLarge
        encoding = headers.get(b"content-encoding", b"").strip().lower()
        if encoding in NOT_PACKED or not body:
            return bytes(body)
        plain = _inflated(bytes(body), encoding, self._most_bytes)
        self._take(taken, len(plain))
        return plain

    def let_go(self, taken: Taken) -> None:
        """The request is answered: its room is free."""
        self._held_bytes -= taken.size_bytes
        taken.size_bytes = 0

    def _take(self, taken: Taken, size_bytes: int) -> None:
        taken.size_bytes += size_bytes
        self._held_bytes += size_bytes
        if self._held_bytes > self._most_bytes_together:
            raise errors.Busy


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientWentAway
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _inflated(body: bytes, encoding: bytes, limit: int) -> bytes:
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        raise errors.WrongContent
    members = 0
    plain, packed = bytearray(), memoryview(body)
    while packed:  # gzip may come as several members one after the other (RFC 1952 2.2), deflate may not
        members += 1
        if members > (1 if encoding == b"deflate" else MAX_MEMBERS):
            raise Malformed
        packed = _inflate_one(packed, zlib.MAX_WBITS if encoding == b"deflate" else _INFLATE_GZIP, plain, limit)
    return bytes(plain)


def _inflate_one(packed: memoryview, format_bits: int, plain: bytearray, limit: int) -> memoryview:
    """Unpack what is compressed as one, adding it to what was unpacked before; answers what follows."""
    inflating = zlib.decompressobj(format_bits)
    while not inflating.eof:
        piece = packed[:_PIECE_BYTES]
        if not piece:
            raise Malformed
        try:
            plain += inflating.decompress(piece, limit + 1 - len(plain))
        except zlib.error:
            raise Malformed from None
        if len(plain) > limit:
            raise errors.TooLarge
        packed = packed[len(piece) - len(inflating.unused_data) :]
    return packed
