"""What no log may hold in full: numbers of accounts, phones and papers keep their ends; secrets keep nothing.

Two ways in: `mask_json` knows fields by their names and is for what clients sent and were answered; `mask_line` knows
values by their looks and is for what we say ourselves, where a database or a library may quote what it was handed.
"""

import re
from collections.abc import Iterator, Sequence

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

_PREFIX = r"(?:[a-z0-9]{1,20}_){0,4}"
# What follows the name of a field: its value, be it cut.
_VALUE = re.compile(rb'"\s*:\s*("(?:[^"\\]|\\.)*"?|[-+0-9.eE]+)', re.DOTALL)
_NAMES = tuple((field.encode(), True) for field in NUMBER_FIELDS) + tuple((f.encode(), False) for f in SECRET_FIELDS)
_BEFORE_A_NAME = b'"_'
_IN_QUERY = re.compile(
    rf"(?P<name>(?:[?&\[]|%5B){_PREFIX}(?:{'|'.join(NUMBER_FIELDS)})(?:\]|%5D)?=)(?P<value>[^&\s\"]*)", re.IGNORECASE
)
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
  | (?P<upload> data:[\w.+/-]{0,100}(?:;[\w.+=-]{1,100}){0,4},[^\s"']* )
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


def mask_json(text: str) -> str:
    """JSON as text, whole or cut, with the values of telling fields masked; it stays the JSON it was."""
    plain = text.encode("utf-8", "surrogatepass")
    spans = sorted(_telling(plain))
    if spans:
        text = b"".join(_with_masks(plain, spans)).decode("utf-8", "surrogatepass")
    if "signature=" in text:
        text = _LINKS.sub(rf"\1{MASK}", text)
    return _LOGINS.sub(LEFT_OUT, text) if "@" in text and "://" in text else text


def mask_url(url: str) -> str:
    """A URL with the values of telling parameters masked."""
    url = _IN_QUERY.sub(lambda found: found["name"] + masked_number(found["value"]), url)
    return _LOGINS.sub(LEFT_OUT, _LINKS.sub(rf"\1{MASK}", url))


def mask_line(text: str) -> str:
    """A line for our own log without what looks like a secret, an upload, a row or a number of somebody."""
    return _IN_LINE.sub(_masked_look, mask_json(text))


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
    masked = masked_number(inner.decode("latin-1")).encode("ascii", "replace") if is_number else MASK.encode()
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
