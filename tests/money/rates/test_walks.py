"""Nobody ends with more than he began with, whatever he does: random walks of payments to balances (flows 4.3)."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.values.currency import CURRENCIES
from bitpesa.kernel.values.money import minor_to_decimal
from bitpesa.money.rates.model import Rates
from bitpesa.money.rates.pricing import PriceProblem, price, reprice, resize
from bitpesa.money.rates.rounding import POLICIES

CODES = ("BTC", "EUR", "GHS", "GNF", "JPY", "KES", "NGN", "TZS", "UGX", "USD", "XAF", "XOF")
CHANNELS = ("Balance", "Balance", "Mobile", "Bank")
"""Mostly balances, from which money comes back; what is paid to others counts as theirs, and is theirs together."""

RATES = st.sampled_from([Fraction(rate) for rate in ("0.00001", "0.86", "11", "129.2", "152", "1450", "3706", "8680")])
"""As they are for some currency; each may get that of another, and some are any fraction."""

WORLDS = st.fixed_dictionaries(
    {
        "units": st.fixed_dictionaries(
            {
                code: RATES | st.fractions(Fraction(1, 100_000), 30_000, max_denominator=10**6)
                for code in CODES
                if code != "USD"
            }
        ),
        "margin": st.sampled_from(["0", "0", "0.005", "0.13"]),
        "fee": st.sampled_from(["0", "0", "0.001", "0.03"]),
        "policy": st.sampled_from(sorted(POLICIES)),
    }
)
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "spent": st.sampled_from(CODES),
            "bought": st.sampled_from(CODES),
            "named": st.sampled_from(CODES),
            "channel": st.sampled_from(CHANNELS),
            "size": st.one_of(st.integers(1, 40), st.integers(1, 10**7)),
            "finer": st.integers(0, 99),
            "legs": st.integers(1, 100),
            "paid": st.none() | st.fractions(Fraction(1, 50), 3, max_denominator=1000),
        }
    ),
    min_size=1,
    max_size=12,
)


class Walk:
    """Somebody with money in every currency, and the mid rates at which it is valued."""

    def __init__(self, world):
        self.rates = Rates(
            {code: units for code, units in world["units"].items() if units > 0}, Decimal(world["margin"])
        )
        self.fee, self.policy = Decimal(world["fee"]), world["policy"]
        self.holdings = {code: 10**9 * CURRENCIES[code].subunit_to_unit for code in CODES}

    @property
    def worth(self):
        return sum(
            Fraction(minor_to_decimal(minor, code)) * self.rates.mid(code, "USD")
            for code, minor in self.holdings.items()
        )

    def priced(self, step):
        """The prices of all legs, as they are funded: exactly, or with what the payer happened to send."""
        bought, type_ = step["bought"], f"{step['bought']}::{step['channel']}"
        requested = (Decimal(step["size"]) + Decimal(step["finer"]) / 100) * CURRENCIES[step["named"]].unit
        asked = price(
            requested,
            step["named"],
            step["spent"],
            bought,
            type_,
            rates=self.rates,
            fee_rate=self.fee,
            policy=self.policy,
        )
        legs = [asked] * step["legs"]
        if step["paid"] is None:
            return legs
        came = int(asked.input_minor * step["legs"] * step["paid"])
        return [
            reprice(
                leg,
                share,
                input_currency=step["spent"],
                output_currency=bought,
                payout_type=type_,
                policy=self.policy,
            )
            for leg, share in zip(legs, resize([leg.input_minor for leg in legs], came), strict=True)
        ]

    def take(self, step):
        try:
            legs = self.priced(step)
        except PriceProblem:
            return
        spent = sum(leg.input_minor for leg in legs)
        if spent <= self.holdings[step["spent"]]:
            self.holdings[step["spent"]] -= spent
            self.holdings[step["bought"]] += sum(leg.output_minor for leg in legs)

    def go_home(self):
        """Turn everything back into dollars, in as few payments as the limits allow."""
        for code in CODES:
            if code == "USD":
                continue
            most = int(CURRENCIES[code].max * CURRENCIES[code].subunit_to_unit)
            while self.holdings[code] > 0:
                before = self.holdings[code]
                piece = {"spent": code, "named": code, "bought": "USD", "channel": "Balance", "finer": 0, "legs": 1}
                self.take({**piece, "size": min(before, most), "paid": None})
                if self.holdings[code] == before or before > 10 * most:
                    break


@given(WORLDS, STEPS)
def test_no_step_makes_anybody_richer(world, steps):
    walk = Walk(world)
    for step in steps:
        before = walk.worth
        walk.take(step)
        assert walk.worth <= before


@given(
    WORLDS,
    st.sampled_from(CODES),
    st.sampled_from(CODES),
    st.integers(1, 30) | st.integers(1, 10**6),
    st.integers(1, 100),
)
def test_there_in_pieces_and_back_at_once_never_ends_with_more(world, home, away, size, legs):
    walk = Walk(world)
    there = {"spent": home, "named": home, "bought": away, "channel": "Balance", "finer": 0, "paid": None}
    walk.holdings = {**dict.fromkeys(CODES, 0), home: size * legs}
    walk.take({**there, "size": size, "legs": legs})
    came, left = (walk.holdings[away], walk.holdings[home]) if away != home else (0, 0)
    if came:
        walk.holdings = {**dict.fromkeys(CODES, 0), away: came}
        walk.take({**there, "spent": away, "bought": home, "named": away, "size": came, "legs": 1})
        assert left + walk.holdings[home] <= size * legs


@given(WORLDS, STEPS)
def test_who_comes_home_after_any_walk_has_not_gained(world, steps):
    walk = Walk(world)
    walk.holdings = dict.fromkeys(CODES, 0) | {"USD": 10**6}
    for step in steps:
        walk.take(step)
    walk.go_home()
    assert walk.holdings["USD"] <= 10**6
