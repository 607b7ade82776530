"""Setting exchange rates."""

import csv
from decimal import Decimal
from importlib import resources

from bitpesa.kernel.currency import currency as find_currency
from bitpesa.kernel.database import Work
from bitpesa.kernel.problems import refused
from bitpesa.rates import store
from bitpesa.rates.model import BASE

DEFAULT_SOURCE = "default"


async def set_rate(work: Work, currency: str, numerator: Decimal, denominator: Decimal, *, source: str) -> None:
    """Set a mid rate: 1 USD is numerator / denominator units. Raises Invalid for what is no rate, and for USD itself.

    Rates are quoted either way round, and this keeps both exact: 400 NGN for 1 USD is 400 / 1, 1.10 USD for 1 EUR is
    1 / 1.10.
    """
    if find_currency(currency) is None or currency == BASE:
        raise refused("currency", "invalid", currency=currency)
    if not (_is_positive(numerator) and _is_positive(denominator)):
        raise refused("rate", "invalid", currency=currency)
    await store.set_rate(work.conn, currency, numerator, denominator, source)


async def load_default_rates(work: Work) -> int:
    """Give every currency that has no rate a plausible one; answers how many got one. For a sandbox's first start."""
    return await store.add_missing(work.conn, default_rates(), DEFAULT_SOURCE)


def default_rates() -> dict[str, tuple[Decimal, Decimal]]:
    """The rates that ship with the package, as numerator and denominator: about those of late 2025, good for play."""
    text = resources.files(__package__).joinpath("default_rates.csv").read_text(encoding="utf-8")
    return {
        row["currency"]: (Decimal(row["numerator"]), Decimal(row["denominator"]))
        for row in csv.DictReader(text.splitlines())
    }


def _is_positive(number: Decimal) -> bool:
    return number.is_finite() and number > 0
