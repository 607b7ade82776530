import asyncio
from decimal import Decimal
from fractions import Fraction

import pytest

from bitpesa.kernel.problems import Invalid
from bitpesa.kernel.values.currency import CURRENCIES
from bitpesa.money.rates import operations
from bitpesa.money.rates.queries import current_rates
from tests.money.rates.world import ask


async def rates_of(database, margin="0"):
    async with database.reading() as conn:
        return await current_rates(conn, Decimal(margin))


async def set_rate(database, currency, numerator, denominator="1", source="desk"):
    await database.run(operations.set_rate, currency, Decimal(numerator), Decimal(denominator), source=source)


async def test_before_any_rate_is_set_only_the_dollar_is_known(database):
    assert (await rates_of(database)).currencies == {"USD"}


async def test_a_rate_is_kept_exactly_whichever_way_it_is_quoted(database):
    await set_rate(database, "NGN", "400")
    await set_rate(database, "EUR", "1", "1.10")
    rates = await rates_of(database)
    assert rates.mid("EUR", "NGN") == 440
    assert rates.mid("EUR", "USD") == Fraction(11, 10)
    priced = ask("100", "EUR", "EUR", "NGN::Bank", rates=rates)
    assert priced.output_minor == 44_000


async def test_the_margin_of_the_app_is_in_the_rates(database):
    await set_rate(database, "NGN", "400")
    assert (await rates_of(database, "0.02")).rate("USD", "NGN") == 392


async def test_a_rate_is_replaced(database):
    await set_rate(database, "NGN", "400")
    async with database.reading() as conn:
        before = await conn.fetchval("select updated_at from exchange_rates")
    await set_rate(database, "NGN", "410", source="feed")
    assert (await rates_of(database)).mid("USD", "NGN") == 410
    async with database.reading() as conn:
        row = await conn.fetchrow("select source, updated_at > $1 as later from exchange_rates", before)
    assert tuple(row) == ("feed", True)


@pytest.mark.parametrize("currency", ["USD", "XXX", "ngn", ""])
async def test_what_has_no_rate_of_its_own_is_refused(database, currency):
    with pytest.raises(Invalid) as refusal:
        await set_rate(database, currency, "2")
    assert refusal.value.object == {"currency": currency, "errors": {"currency": [{"error": "invalid"}]}}


@pytest.mark.parametrize(
    ("numerator", "denominator"), [("0", "1"), ("-1", "1"), ("1", "0"), ("1", "-2"), ("NaN", "1"), ("1", "Infinity")]
)
async def test_what_is_no_rate_is_refused(database, numerator, denominator):
    with pytest.raises(Invalid) as refusal:
        await set_rate(database, "NGN", numerator, denominator)
    assert refusal.value.object["errors"] == {"rate": [{"error": "invalid"}]}
    assert not (await rates_of(database)).knows("NGN")


async def test_defaults_are_given_to_every_currency_without_a_rate_and_to_no_other(database):
    await set_rate(database, "NGN", "400")
    added = await database.run(operations.load_default_rates)
    rates = await rates_of(database)
    assert added == len(CURRENCIES) - 2  # NGN has one, USD needs none
    assert rates.currencies == set(CURRENCIES)
    assert rates.mid("USD", "NGN") == 400
    assert rates.mid("GBP", "USD") == Fraction(133, 100)
    async with database.reading() as conn:
        sources = await conn.fetch("select source, count(*) from exchange_rates group by source order by source")
    assert [tuple(row) for row in sources] == [("default", added), ("desk", 1)]


async def test_a_second_start_adds_nothing(database):
    await database.run(operations.load_default_rates)
    assert await database.run(operations.load_default_rates) == 0


async def test_two_starts_at_once_get_along(database):
    added = await asyncio.gather(*(database.run(operations.load_default_rates) for _ in range(5)))
    assert sum(added) == len(CURRENCIES) - 1


def test_every_currency_but_the_dollar_has_a_default():
    assert set(operations.default_rates()) == set(CURRENCIES) - {"USD"}


def test_the_largest_amount_of_a_currency_is_worth_about_100_000_dollars():
    for code, (numerator, denominator) in operations.default_rates().items():
        worth = CURRENCIES[code].max * denominator / numerator
        assert 30_000 < worth < 150_000, code
