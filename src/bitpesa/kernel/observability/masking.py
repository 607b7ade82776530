"""What no log may hold in full: numbers of accounts, phones and papers keep their ends; secrets and files nothing.

Three ways in: `mask_json` masks what was parsed, by the names of its fields, and is for what others sent;
`mask_written` finds the same names in JSON that we wrote, whole or cut; `mask_line` knows values by their looks and is
for our log, where a database or a library may quote what it was handed.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import unquote_plus

from bitpesa.kernel.values import json
from bitpesa.kernel.values.data_uris import read_head

MASK = "[masked]"
LEFT_OUT = "[left out]"

MOST_SHOWN = 4

NUMBER_FIELDS = (
    "bank_account",
    "iban",
    "account_number",
    "phone_number",
    "phone",
    "mobile_number",
    "office_number",
    "identification_number",
    "identity_card_id",
    "pix_key_value",
)
"""Fields by which money finds somebody, or somebody is found; whatever stands before in a name, as in `sender_`."""

SECRET_FIELDS = (
    "authorization_secret",
    "authorization-secret",
    "authorization_signature",
    "authorization-signature",
    "webhook-signature",
    "signature",
    "secret",
    "password",
    "otp",
)
"""Fields whose value opens something or proves something."""

Kind = Literal["number", "secret"]

MAX_DEPTH = 100
MAX_PLAIN_BYTES = 64 * 1024
"""Longer JSON is masked value by value in any case: looking through it for names would take longer."""

_MAX_SHOWN_TYPE = 100

# What follows the name of a field: its value, be it cut.
_VALUE = re.compile(rb'"\s*:\s*("(?:[^"\\]|\\.)*"?|[-+0-9.eE]+)', re.DOTALL)
_NAMES = tuple((field.encode(), True) for field in NUMBER_FIELDS) + tuple((f.encode(), False) for f in SECRET_FIELDS)
_BEFORE_A_NAME = b'"_'
_KINDS: tuple[tuple[tuple[str, ...], Kind], ...] = ((NUMBER_FIELDS, "number"), (SECRET_FIELDS, "secret"))
_SEGMENTS = re.compile(r"[\[\].]+")
# Links to documents, receipts and reports open for whoever has them.
_LOGINS = re.compile(r"(?<=://)[^\s/@:\"]{0,100}:[^\s/@\"]{0,200}(?=@)")
_LINKS = re.compile(r"([?&]signature=)[0-9a-f]{64}")

# In this order: what a UUID holds, and the moments of logs, are not numbers of anybody.
_IN_LINE = re.compile(
    r"""
    (?P<kept>   \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b )
  | (?P<row>    (?<=Failing\ row\ contains\ )\(.*?(?=\n\n(?:During|The\ above)|\Z)
              | (?<=\)=)\(.*?\)(?=\ (?:already|is\ not|conflicts))
              | (?<=for\ query\ argument\ \$)[0-9]+:\ [^\n]* )
  | (?P<upload> (?i:data:)\s{0,20}[\w.+/-]{0,100}\s{0,20}(?:;[^,;"']{0,100}){0,20},[^"']* )
  | (?P<secret> \b[0-9a-fA-F]{40,}\b | v1a?,[A-Za-z0-9+/=]{40,} | [A-Za-z0-9+/_-]{43}= )
  | (?P<iban>   \b[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\b )
  | (?P<number> \+?(?<![\w.])[0-9]{7,} )
    """,
    re.VERBOSE | re.DOTALL,
)


def masked_number(text: str) -> str:
    """A number of which the last digits are left, at most four and a third of it: enough to tell it from others."""
    shown = min(MOST_SHOWN, len(text) // 3)
    hidden = len(text) - shown
    return "*" * hidden + "".join(each if each.isalnum() and each.isascii() else "*" for each in text[hidden:])


def mask_json(body: bytes) -> str | None:
    """JSON with the values of telling fields masked and without files; None when it is no JSON.

    What is masked is what a reader of the JSON finds, however names and values are spelled. Where nothing is spelled
    otherwise than it reads, the text stays as it was; else it is written anew.
    """
    try:
        value = json.decode(body, deepest=MAX_DEPTH)
    except json.NotJson:
        return None
    text = _masked_in_place(body, value)
    return _without_openers(json.encode_text(_masked(value)) if text is None else text)


def mask_url(url: str) -> str:
    """A URL with the values of telling parameters masked, and without the log-in that it may hold."""
    path, mark, query = url.partition("?")
    if mark:
        query = "&".join(map(_masked_parameter, query.split("&")))
    return _LOGINS.sub(LEFT_OUT, path + mark + query)


def mask_line(text: str) -> str:
    """A line for our own log without what looks like a secret, an upload, a row or a number of somebody."""
    return _IN_LINE.sub(_masked_look, mask_written(text))


def mask_written(text: str) -> str:
    """JSON that we wrote, whole or cut, with the values of telling fields masked: we spell no name otherwise.

    Files are for `mask_json` to leave out.
    """
    plain = text.encode("utf-8", "surrogatepass")
    spans = sorted(_telling(plain))
    if spans:
        text = b"".join(_with_masks(plain, spans)).decode("utf-8", "surrogatepass")
    return _without_openers(text)


def _without_openers(text: str) -> str:
    """Without what opens something for whoever has it: signatures of links, log-ins in URLs."""
    if "signature=" in text:
        text = _LINKS.sub(rf"\1{MASK}", text)
    return _LOGINS.sub(LEFT_OUT, text) if "@" in text and "://" in text else text


def _masked_in_place(body: bytes, value: Any) -> str | None:
    """JSON as it was written, with masks; None when something in it may read otherwise than it is spelled.

    Without a backslash, and with each name read once, every name and value stands there as it is read. Most bodies are
    so, and writing them anew would take longer.
    """
    if len(body) > MAX_PLAIN_BYTES or b"\\" in body or b"data:" in body.lower():
        return None
    telling = _telling_names(value, body.count(b'":'))
    if telling is None:
        return None
    spans = []
    for name, kind in telling.items():
        needle = f'"{name}":'.encode()
        at = body.find(needle)
        while at >= 0:
            found = _VALUE.match(body, at + len(needle) - len('":'))
            if found is not None:
                spans.append((found.start(1), found.end(1), _masked_value(found[1], is_number=kind == "number")))
            at = body.find(needle, at + 1)
    spans.sort()
    return (b"".join(_with_masks(body, spans)) if spans else body).decode()


def _telling_names(value: Any, written: int) -> dict[str, Kind] | None:
    """The telling names in JSON; None when one holds more than a value, or when other names are `written` than read."""
    telling: dict[str, Kind] = {}
    waiting, read = [value], 0
    while waiting:
        node = waiting.pop()
        if type(node) is dict:
            read += len(node)
            for name, child in node.items():
                kind = _kind_of(name)
                is_open = type(child) is dict or type(child) is list
                if kind is not None:
                    if is_open:
                        return None
                    telling[name] = kind
                elif is_open:
                    waiting.append(child)
        elif type(node) is list:
            waiting += [child for child in node if type(child) is dict or type(child) is list]
    return telling if read == written else None


def _masked(value: Any, kind: Kind | None = None) -> Any:
    """A value as a log may hold it; `kind`: what the field is in which it stands, however deep."""
    match value:
        case str():
            return _masked_text(value, kind)
        case dict():
            return {name: _masked(each, _kind_of(name) or kind) for name, each in value.items()}
        case list():
            return [_masked(each, kind) for each in value]
        case bool() | None:
            return value
        case int() | Decimal():
            return value if kind is None else _masked_text(str(value), kind)
        case _:  # pragma: no cover - JSON has nothing else
            return MASK


def _masked_text(text: str, kind: Kind | None) -> str:
    if kind == "secret":
        return MASK
    upload = read_head(text)
    if upload is not None:
        shown = f"data:{upload.content_type[:_MAX_SHOWN_TYPE]}{upload.parameters[:_MAX_SHOWN_TYPE]},"
        return f"{shown}[{len(text) - upload.begins_at} bytes left out]"
    return text if kind is None else masked_number(text)


def _masked_parameter(pair: str) -> str:
    """A parameter of a query as a log may hold it, by its name as it is read: `details%5Biban%5D` is `iban`."""
    name, mark, value = pair.partition("=")
    kinds = [kind for each in _SEGMENTS.split(unquote_plus(name)) if (kind := _kind_of(each))]
    if "secret" in kinds:
        return f"{name}{mark}{MASK}"
    if read_head(unquote_plus(value)) is not None:
        return f"{name}{mark}{LEFT_OUT}"
    return f"{name}{mark}{masked_number(value)}" if kinds else pair


@lru_cache(maxsize=4096)
def _kind_of(name: str) -> Kind | None:
    """What a field is, by its name, whatever stands in front of it as in `sender_phone_number`."""
    plain = name.lower()
    for fields, kind in _KINDS:
        if any(plain == field or plain.endswith(f"_{field}") for field in fields):
            return kind
    return None


def _telling(plain: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where the values of telling fields stand, and what stands there instead.

    Names are looked for as they are and judged afterwards: one pattern for all of them would be tried at every quote.
    """
    lowered = plain.lower()
    for name, is_number in _NAMES:
        at = lowered.find(name)
        while at >= 0:
            found = _VALUE.match(plain, at + len(name)) if lowered[at - 1 : at] in _BEFORE_A_NAME else None
            if found is not None and at > 0:
                yield found.start(1), found.end(1), _masked_value(found[1], is_number=is_number)
            at = lowered.find(name, at + 1)


def _masked_value(value: bytes, *, is_number: bool) -> bytes:
    """A value as text in quotes, which are closed where they were or where it was none before."""
    is_text = value.startswith(b'"')
    inner = value[1:].removesuffix(b'"') if is_text else value
    end = b"" if is_text and not value[1:].endswith(b'"') else b'"'
    masked = masked_number(inner.decode("utf-8", "replace")).encode("ascii", "replace") if is_number else MASK.encode()
    return b'"' + masked + end


def _with_masks(plain: bytes, spans: Sequence[tuple[int, int, bytes]]) -> Iterator[bytes]:
    """The pieces of a text with others in place of some; a span within another goes with it."""
    at = 0
    for start, end, masked in spans:
        if start >= at:
            yield plain[at:start]
            yield masked
            at = end
    yield plain[at:]


def _masked_look(found: re.Match[str]) -> str:
    text = found[0]
    match found.lastgroup:
        case "kept":
            return text
        case "iban" | "number":
            return masked_number(text)
        case "row":
            return f"({LEFT_OUT})"
        case "upload":
            return LEFT_OUT
        case _:
            return MASK
