"""What of a call may be kept: secrets and telling numbers masked, files left out, long bodies cut (flows 11.3).

Decides from plain values.
"""

import hashlib

import msgspec

from bitpesa.api_support.api_logs.model import ApiLog, Exchange, Headers
from bitpesa.kernel.observability.masking import MASK, mask_json, mask_url, mask_written
from bitpesa.kernel.values import json

LONGEST_BODY = 64 * 1024
MAX_VALUES = 200_000
"""How many values a body may hold that is masked; the API reads none with more."""
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
_URL_HEADERS = frozenset({"referer", "location"})

# In CGI these two have no prefix.
_UNPREFIXED = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


def readable(body: bytes) -> str:
    """A body as it is kept: masked as it was read, and cut after that. What is no JSON is not kept itself."""
    if not body:
        return ""
    masked = None if json.most_values(body) > MAX_VALUES else mask_json(body)
    if masked is None:
        return f"[{len(body)} bytes that were not read as JSON, SHA-256 {hashlib.sha256(body).hexdigest()}]"
    return _shortened(_text(masked), LONGEST_BODY)


def to_log(exchange: Exchange) -> ApiLog:
    """The record of a call, fit to be kept and to be shown to the owner of the app."""
    return ApiLog(
        app_id=exchange.app_id,
        id=exchange.id,
        request_method=_text(exchange.method),
        request_url=_shortened(mask_url(_text(exchange.url)), LONGEST_URL),
        request_headers={_cgi_name(name): value for name, value in _readable(exchange.request_headers).items()},
        request_body=_request(exchange.request_body),
        response_status=exchange.status,
        response_headers=_readable(exchange.response_headers),
        response_body=_response(exchange.response_body),
        created_at=exchange.at,
        explanation=exchange.explanation,
    )


def weight(exchange: Exchange) -> int:
    """About how many bytes of memory a call takes while it waits to be written."""
    return len(exchange.request_body) + len(exchange.response_body) + 4096


def note(exchange: Exchange) -> Exchange:
    """A call that is about to wait, without what would not be kept anyway."""
    if len(exchange.request_body) <= LONGEST_BODY and len(exchange.response_body) <= LONGEST_BODY:
        return exchange
    return msgspec.structs.replace(
        exchange,
        request_body=_ready_request(exchange.request_body),
        response_body=_ready_response(exchange.response_body),
    )


def _request(body: bytes | str) -> str:
    return body if isinstance(body, str) else readable(body)


def _response(body: bytes | str) -> str:
    if isinstance(body, str):
        return body
    return readable(body) if _may_hold_files(body) else mask_written(_text(body.decode("utf-8", "replace")))


def _ready_request(body: bytes | str) -> bytes | str:
    """What of a request waits: a long body is made ready at once."""
    return readable(body) if isinstance(body, bytes) and len(body) > LONGEST_BODY else body


def _ready_response(body: bytes | str) -> bytes | str:
    """What of an answer waits: we wrote it, so it may be cut before it is masked."""
    if isinstance(body, str) or len(body) <= LONGEST_BODY:
        return body
    return readable(body) if _may_hold_files(body) else body[:LONGEST_BODY] + CUT.encode()


def _may_hold_files(body: bytes) -> bool:
    """Whether an answer may repeat what was uploaded, as refusals do."""
    return b"data:" in body.lower()


def _readable(headers: Headers) -> dict[str, str]:
    """Headers by name, the secret ones masked; repeated ones are joined."""
    kept: dict[str, str] = {}
    for raw_name, raw_value in headers[:MOST_HEADERS]:
        name, value = _text(raw_name.decode("latin-1")), _text(raw_value.decode("utf-8", "replace"))
        shown = MASK if name.lower() in _SECRET_HEADERS else _shortened(_header(name.lower(), value), LONGEST_HEADER)
        kept[name] = f"{kept[name]}, {shown}" if name in kept else shown
    return kept


def _header(name: str, value: str) -> str:
    return mask_url(value) if name in _URL_HEADERS else value


def _cgi_name(name: str) -> str:
    upper = name.upper().replace("-", "_")
    return upper if upper in _UNPREFIXED else f"HTTP_{upper}"


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + CUT


def _text(text: str) -> str:
    """What a text column can hold."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
