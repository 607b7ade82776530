"""What of a call may be kept: secrets and telling numbers masked, uploads left out, long bodies cut (flows 11.3).

Decides from plain values.
"""

import re

import msgspec

from bitpesa.api_logs.model import ApiLog, Exchange, Headers
from bitpesa.kernel.masking import MASK, mask_json, mask_url

LONGEST_BODY_BYTES = 64 * 1024
LONGEST_URL = 4000
LONGEST_HEADER = 2000
MOST_HEADERS = 100

CUT = "... [cut]"

_SECRET_HEADERS = frozenset(
    {
        "authorization",
        "authorization-secret",
        "authorization-signature",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "webhook-signature",
    }
)
# What follows the comma of a data URI, where it is worth leaving out.
_UPLOADS = re.compile(rb"(data:[\w.+/\\-]{1,100}(?:;[\w.+=-]{1,100}){0,4};base64,)([A-Za-z0-9+/=_\\-]{64,})")

# In CGI these two have no prefix.
_UNPREFIXED = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


def bounded(body: bytes) -> bytes:
    """A body as short as it will be kept, cheap enough to do while somebody waits for an answer."""
    if len(body) <= LONGEST_BODY_BYTES:
        return body
    shorter = _without_uploads(body)
    return shorter if len(shorter) <= LONGEST_BODY_BYTES else shorter[:LONGEST_BODY_BYTES] + CUT.encode()


def to_log(exchange: Exchange) -> ApiLog:
    """The record of a call, fit to be kept and to be shown to the owner of the app."""
    return ApiLog(
        app_id=exchange.app_id,
        id=exchange.id,
        request_method=_text(exchange.method),
        request_url=_shortened(mask_url(_text(exchange.url)), LONGEST_URL),
        request_headers={_cgi_name(name): value for name, value in _readable(exchange.request_headers).items()},
        request_body=_readable_body(exchange.request_body),
        response_status=exchange.status,
        response_headers=_readable(exchange.response_headers),
        response_body=_readable_body(exchange.response_body),
        created_at=exchange.at,
        explanation=exchange.explanation,
    )


def weight(exchange: Exchange) -> int:
    """About how many bytes of memory a call takes while it waits to be written."""
    return len(exchange.request_body) + len(exchange.response_body) + 4096


def note(exchange: Exchange) -> Exchange:
    """A call that is about to wait, without what would not be kept anyway."""
    return msgspec.structs.replace(
        exchange, request_body=bounded(exchange.request_body), response_body=bounded(exchange.response_body)
    )


def _without_uploads(body: bytes) -> bytes:
    return _UPLOADS.sub(lambda found: found[1] + b"[%d bytes left out]" % len(found[2]), body)


def _readable_body(body: bytes) -> str:
    return mask_json(_text(_without_uploads(bounded(body)).decode("utf-8", "replace")))


def _readable(headers: Headers) -> dict[str, str]:
    """Headers by name, the secret ones masked; repeated ones are joined."""
    kept: dict[str, str] = {}
    for raw_name, raw_value in headers[:MOST_HEADERS]:
        name, value = _text(raw_name.decode("latin-1")), _text(raw_value.decode("utf-8", "replace"))
        shown = MASK if name.lower() in _SECRET_HEADERS else _shortened(value, LONGEST_HEADER)
        kept[name] = f"{kept[name]}, {shown}" if name in kept else shown
    return kept


def _cgi_name(name: str) -> str:
    upper = name.upper().replace("-", "_")
    return upper if upper in _UNPREFIXED else f"HTTP_{upper}"


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + CUT


def _text(text: str) -> str:
    """What a text column can hold."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
