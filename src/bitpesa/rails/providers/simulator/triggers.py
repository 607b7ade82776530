"""The sandbox triggers: which outcome the first or last digits of an account or a phone number ask for (flows 8.10)."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from importlib import resources

import msgspec

from bitpesa.rails.providers.port import PayoutOrder
from bitpesa.rails.providers.simulator import networks


class Feature(StrEnum):
    """What a trigger steers. The legacy checks are those of before April 2025."""

    PAYOUT = "payout"
    ACCOUNT_VALIDATION = "account_validation"
    ACCOUNT_VALIDATION_LEGACY = "account_validation_legacy"


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """A number of this corridor (and country, and provider, where it depends on them) has this outcome.

    A trigger of account validation has no code: it says that the check fails, as it does for no other number.
    """

    feature: Feature
    corridor: str
    country: str | None
    provider: str | None
    field: str
    starts_with: str
    ends_with: str
    code: str | None
    example: str | None

    def matches(self, order: PayoutOrder) -> bool:
        """Whether an order asks for this outcome. The number is looked at first, since that costs least."""
        digits = digits_of(order, self.field)
        return (
            digits.startswith(self.starts_with)
            and digits.endswith(self.ends_with)
            and self.provider in (None, provider_of(order))
            and self.country in (None, country_of(order))
        )


def find(feature: Feature, order: PayoutOrder) -> Trigger | None:
    """The trigger that an order sets off: the one with the longest ending of those that match."""
    matching = [trigger for trigger in _BY_CORRIDOR.get((feature, order.payout_type), ()) if trigger.matches(order)]
    return max(matching, key=lambda trigger: len(trigger.ends_with), default=None)


def digits_of(order: PayoutOrder, field: str) -> str:
    """The digits of an account or phone number, however it is punctuated."""
    return "".join(c for c in _text(order, field) if c in "0123456789")


def provider_of(order: PayoutOrder) -> str | None:
    """The mobile provider of an order: the one it names, else the one its number belongs to."""
    return _text(order, "mobile_provider").lower() or networks.provider_of(_text(order, "phone_number"))


def country_of(order: PayoutOrder) -> str | None:
    """The country of an order: the one it names, else the one of its number."""
    return _text(order, "country").upper() or order.country or networks.country_of(_text(order, "phone_number"))


def _text(order: PayoutOrder, field: str) -> str:
    value = order.details.get(field)
    return value.strip() if isinstance(value, str) else ""


def _load() -> tuple[Trigger, ...]:
    text = resources.files(__package__).joinpath("triggers.csv").read_text(encoding="utf-8")
    return tuple(_read(row) for row in csv.DictReader(text.splitlines()))


def _read(row: dict[str, str]) -> Trigger:
    return Trigger(
        feature=Feature(row["feature"]),
        corridor=row["corridor"],
        country=row["country"] or None,
        provider=row["provider"] or None,
        field=row["field"],
        starts_with=row["starts_with"],
        ends_with=row["ends_with"],
        code=row["code"] or None,
        example=row["example"] or None,
    )


def _by_corridor(triggers: Iterable[Trigger]) -> dict[tuple[Feature, str], list[Trigger]]:
    found = defaultdict(list)
    for trigger in triggers:
        found[trigger.feature, trigger.corridor].append(trigger)
    return found


TRIGGERS = _load()
"""Every trigger there is."""

_BY_CORRIDOR = _by_corridor(TRIGGERS)
