"""The currencies there are: how finely their amounts are divided, and what may be done in them (flows 4.4, 4.5).

The facts stand in `currencies.csv`, and some of them no source states. Names and signs are the usual ones. The smallest
amount is one minor unit (for bitcoin, about what its network relays); the largest, where it is not stated as for NGN,
is worth about 100,000 USD. Bitcoin keeps its own eight places rather than the two of "all other". Input currencies are
those that the sources fund from, and those in which an app may hold a balance.
"""

import csv
from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from types import MappingProxyType

import msgspec


class UnknownCurrency(LookupError):
    """Something was to be done with an amount in a currency that is not in the list."""


class Currency(msgspec.Struct, frozen=True, kw_only=True):
    """A currency; `unit` is the smallest amount that can be written in it.

    `input`: transactions may be funded in it. `requested`: the list of currencies offers it.
    """

    code: str
    name: str
    symbol: str
    decimals: int
    unit: Decimal
    input: bool
    requested: bool
    min: Decimal
    max: Decimal

    @property
    def subunit_to_unit(self) -> int:
        """How many minor units make one unit."""
        return int(10**self.decimals)

    @property
    def primary(self) -> bool:
        """Whether it counts as a main currency: what balances are held in does; no source says more."""
        return self.input


def _load() -> Mapping[str, Currency]:
    text = resources.files(__package__).joinpath("currencies.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["code"]: _currency(row) for row in csv.DictReader(text.splitlines())})


def _currency(row: Mapping[str, str]) -> Currency:
    return Currency(
        code=row["code"],
        name=row["name"],
        symbol=row["symbol"],
        decimals=int(row["decimals"]),
        unit=Decimal(1).scaleb(-int(row["decimals"])),
        input=row["input"] == "yes",
        requested=row["requested"] == "yes",
        min=Decimal(row["min"]),
        max=Decimal(row["max"]),
    )


CURRENCIES = _load()
"""Every currency by its code, in the order of the codes."""


def currency(code: str) -> Currency | None:
    """Find a currency by its code; codes are case-sensitive."""
    return CURRENCIES.get(code)


def known_currency(code: str) -> Currency:
    """Find a currency that must be in the list. Raises UnknownCurrency."""
    found = CURRENCIES.get(code)
    if found is None:
        raise UnknownCurrency(code)
    return found
