"""Reading what was uploaded: a data URI, whose bytes must be what they are said to be, or a URL to fetch (flows 3.8).

Decides from plain values. The longest of them are megabytes, which must not pass through here twice: an edge reads an
upload once, keeps its bytes, and puts the finding in place of the text.
"""

import binascii
import re
from typing import Any
from uuid import UUID

import msgspec

from bitpesa.kernel.outbound.addresses import may_be_called
from bitpesa.kernel.values.data_uris import read_head

LONGEST_URL = 2000

PNG, JPEG, PDF = "image/png", "image/jpeg", "application/pdf"
CONTENT_TYPES = frozenset({PNG, JPEG, PDF})
SPELLINGS = {"image/jpg": JPEG, "image/pjpeg": JPEG, "image/x-png": PNG, "application/x-pdf": PDF}

_WHITE_SPACE = b" \t\r\n\f\v"
_BYTES_OF_BASE64 = 4
_BYTES_IT_STANDS_FOR = 3

# A PDF may be preceded by a byte order mark or blank lines: readers do not mind, and scanners write them.
_BEFORE_A_PDF = b"\xef\xbb\xbf\x00" + _WHITE_SPACE
_BEGINNING = 1024


class Inline(msgspec.Struct, frozen=True):
    """A file that came with the request."""

    data: bytes
    content_type: str


class Kept(msgspec.Struct, frozen=True):
    """A file that came with the request and whose bytes lie on the shelf, under the id of its document to be."""

    id: UUID
    content_type: str
    size_bytes: int


class Elsewhere(msgspec.Struct, frozen=True):
    """A file that is to be fetched."""

    url: str


class Faulty(msgspec.Struct, frozen=True):
    """An upload that is none, and why."""

    problem: str


def read_upload(value: Any, *, largest_bytes: int, live: bool, allow_private: bool) -> Inline | Elsewhere | Faulty:
    """Read an upload as a client sent it."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return Faulty("blank")
    if not isinstance(value, str):
        return Faulty("invalid")
    head = read_head(value)
    if head is not None:
        return _read_data(value[head.begins_at :], head.content_type, head.parameters, largest_bytes)
    return _read_url(value.strip(), live=live, allow_private=allow_private)


def content_type_of(data: bytes) -> str | None:
    """What a file is, by its first bytes; None when it is nothing that we take."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data[:_BEGINNING].lstrip(_BEFORE_A_PDF).startswith(b"%PDF-"):
        return PDF
    return None


def usual_spelling(content_type: str) -> str:
    """A content type without its parameters, in lower case, and as the standard has it."""
    plain = content_type.partition(";")[0].strip().lower()
    return SPELLINGS.get(plain, plain)


def _read_data(text: str, declared: str, parameters: str, largest_bytes: int) -> Inline | Faulty:
    content_type = usual_spelling(declared)
    if content_type not in CONTENT_TYPES:
        return Faulty("inclusion")
    if not re.search(r";\s*base64\s*$", parameters, re.IGNORECASE):
        return Faulty("invalid")
    data = _decoded(text, largest_bytes)
    if isinstance(data, Faulty):
        return data
    return Inline(data, content_type) if content_type_of(data) == content_type else Faulty("invalid")


def _decoded(text: str, largest_bytes: int) -> bytes | Faulty:
    """The bytes behind base64; white space inside is passed over, and missing padding forgiven."""
    try:
        plain = text.encode("ascii").translate(None, _WHITE_SPACE)
    except UnicodeEncodeError:
        return Faulty("invalid")
    plain = plain.rstrip(b"=")
    if not plain:
        return Faulty("blank")
    if len(plain) * _BYTES_IT_STANDS_FOR // _BYTES_OF_BASE64 > largest_bytes:
        return Faulty("too_long")
    try:
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % _BYTES_OF_BASE64), strict_mode=True)
    except binascii.Error:
        return Faulty("invalid")


def _read_url(url: str, *, live: bool, allow_private: bool) -> Elsewhere | Faulty:
    if len(url) > LONGEST_URL:
        return Faulty("too_long" if url.lower().startswith(("http://", "https://")) else "invalid")
    return Elsewhere(url) if may_be_called(url, live=live, allow_private=allow_private) else Faulty("invalid")
