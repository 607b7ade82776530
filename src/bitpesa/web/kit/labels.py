"""How values read on a page: amounts, moments and states in the words and colours of people."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import combining, normalize

import msgspec
from jinja2 import Environment
from markupsafe import Markup

from bitpesa.kernel.values import json
from bitpesa.kernel.values.money import Money, minor_to_decimal
from bitpesa.kernel.values.timestamps import to_wire

WORDS = {
    "initial": "Pending",
    "received": "In progress",
    "canceled": "Cancelled",
    "success": "Paid",
    "manual": "Needs staff",
}
"""States whose word is not their name. `initial` reads as pending (flows 12)."""

TONES = {
    "good": "paid success approved overpaid delivered verified enabled live active".split(),
    "wait": (
        "initial pending processing received stuck incomplete waiting retrying recipient_action_required "
        "recipent_action_required timeout_error manual_reconciliation_required"
    ).split(),
    "bad": (
        "error manual exception mispaid rejected failed failing dropped disabled banned revoked temporary_error "
        "recipient_error sender_error"
    ).split(),
    "known": "refunded returned".split(),
}
"""Which states are good news, which are waited for, which need somebody, and which are settled otherwise."""

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""How browsers name themselves: those that also name another come before it."""

SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""What they run on; a phone also says what its system is built on."""

INITIALS = frozenset(("bic", "iban", "id", "ip", "otp", "url"))
"""Words in the names of fields that are written in capitals."""

_TONE_OF = {state: tone for tone, states in TONES.items() for state in states}


def collated(text: str) -> str:
    """What texts are sorted by as a dictionary sorts them: accents and capitals make no difference, nor do marks."""
    plain = "".join(each for each in normalize("NFKD", text.casefold()) if not combining(each))
    return "".join(each for each in plain if each.isalnum() or each == " ")


def state_word(state: str) -> str:
    """A state as people read it."""
    return WORDS.get(state) or state.replace("_", " ").capitalize()


def tone(state: str) -> str:
    """The colour of a state; states that say nothing have none."""
    return _TONE_OF.get(state, "")


def amount(minor: int, currency: str) -> Markup:
    """An amount with its currency, as `1,234.50 USD`; it does not break across lines."""
    return Markup('<span class="nowrap">{} {}</span>').format(f"{minor_to_decimal(minor, currency):,f}", currency)


def plain_amount(minor: int, currency: str) -> str:
    """An amount as forms and programs write it, as `1234.50`."""
    return f"{minor_to_decimal(minor, currency):f}"


def money(value: Money) -> Markup:
    """An amount that is held together with its currency."""
    return amount(value.minor, value.currency)


def figure(value: Money) -> str:
    """The number of an amount without its currency."""
    return f"{minor_to_decimal(value.minor, value.currency):,f}"


def called(fields: Mapping[str, Any]) -> str:
    """What a sender or a recipient is called, from its fields."""
    said = [fields.get(name) for name in ("first_name", "middle_name", "last_name", "name")]
    return " ".join(str(each) for each in said if each) or "No name"


def payee(details: Mapping[str, Any], payout_type: str) -> str:
    """Who is paid: whoever the details name, or a balance of the client itself."""
    currency, _, channel = payout_type.partition("::")
    return f"Own {currency} balance" if channel == "Balance" else called(details)


def spoken(name: str) -> str:
    """The name of a field, as `Bank account`."""
    words = " ".join(word.upper() if word in INITIALS else word for word in name.replace("_", " ").split(" "))
    return words[:1].upper() + words[1:]


def written(value: Any) -> str:
    """JSON laid out to be read."""
    return msgspec.json.format(json.encode(value), indent=2).decode()


def time_left(seconds: int) -> str:
    """How long that is, as `23 h 05 min` or `4 min 09 s`; `portal.js` counts on in the same words."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes_more = divmod(minutes, 60)
    return f"{hours} h {minutes_more:02} min" if hours > 1 else f"{minutes} min {rest:02} s"


def seconds_from_now(seconds: int) -> str:
    """The real moment in so many seconds: browsers count by it, wherever the clock of the app was moved."""
    return to_wire(datetime.now(UTC) + timedelta(seconds=seconds))


def device(user_agent: str) -> str:
    """What somebody is logged in with, as `Firefox on Windows`; what says nothing of that stands as it is."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS if mark in user_agent), None)
    if browser is None or system is None:
        return user_agent or "Unknown"
    return f"{browser} on {system}"


def moment(at: datetime) -> str:
    """A moment in UTC, as `24 Nov 2026, 10:31:07`."""
    return at.astimezone(UTC).strftime("%d %b %Y, %H:%M:%S")


def teach(pages: Environment) -> None:
    """Let templates use these words as filters."""
    pages.filters |= {
        "amount": amount,
        "called": called,
        "device": device,
        "figure": figure,
        "iso": to_wire,
        "moment": moment,
        "money": money,
        "payee": payee,
        "plain_amount": plain_amount,
        "seconds_from_now": seconds_from_now,
        "spoken": spoken,
        "state_word": state_word,
        "time_left": time_left,
        "tone": tone,
        "written": written,
    }
