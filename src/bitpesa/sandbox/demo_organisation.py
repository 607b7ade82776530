"""The organisation that a new sandbox comes with: an app, a key, and money to play with."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from bitpesa.kernel.clock import real_now
from bitpesa.kernel.crypto.encryption import Vault
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values.currency import currency
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.accounts.rules import note_of
from bitpesa.money.rates import operations as rate_operations
from bitpesa.money.rates import queries as rates
from bitpesa.payments.screening import operations as screening
from bitpesa.tenants.organisations import operations, queries
from bitpesa.tenants.organisations.model import App

NAME = "Sandbox demo"

CURRENCIES = "USD EUR GBP NGN GHS KES UGX TZS XOF XAF ZAR MAD".split()
WORTH_USD = 10_000
OPENING_NOTE = "opening balance of the sandbox"
SIGNIFICANT_DIGITS = 2


class DemoAccess(msgspec.Struct, frozen=True):
    """The demo app and a key that speaks for it."""

    app_id: UUID
    organisation_id: UUID
    key: str
    secret: str

    def __repr__(self) -> str:
        return f"DemoAccess(app_id={self.app_id}, key={self.key!r})"


async def prepare_demo(work: Work, vault: Vault) -> DemoAccess:
    """The demo organisation with its app, rates, balances and key: made on the first start, the same afterwards."""
    await rate_operations.load_default_rates(work)
    await screening.load_sample(work)
    app = await _find_app(work) or await _make_app(work)
    for key in await queries.list_keys(work.conn, app.id):
        secret = await queries.key_secret(work.conn, vault, app.id, key.id) if key.is_active else None
        if secret is not None:
            return DemoAccess(app.id, app.organisation_id, key.key, secret)
    made, secret = await operations.create_key(work, vault, app.id)
    return DemoAccess(app.id, app.organisation_id, made.key, secret)


async def _find_app(work: Work) -> App | None:
    organisation = await queries.oldest_organisation_named(work.conn, NAME)
    if organisation is None:
        return None
    apps = await queries.list_apps(work.conn, organisation.id)
    return next((app for app in apps if app.is_sandbox), None)


async def _make_app(work: Work) -> App:
    organisation = await operations.create_organisation(work, NAME)
    app = await operations.create_app(work, organisation.id, "sandbox")
    await put_play_money(work, app.id, await opening_balances(work))
    return app


async def put_play_money(work: Work, app_id: UUID, amounts: Sequence[Money]) -> None:
    """Put money on the balances of a new sandbox app. No bank received it, so its references are generated."""
    today = (await real_now(work.conn)).date()
    for amount in amounts:
        note = note_of(OPENING_NOTE, accounts.generated_line(today))
        await accounts.deposit(work, app_id, amount, note=note)


async def opening_balances(work: Work) -> list[Money]:
    """About the same money in every currency of the sandbox that has a rate."""
    known = await rates.current_rates(work.conn, Decimal(0))
    return [_about(code, int(known.mid("USD", code) * WORTH_USD)) for code in CURRENCIES if known.knows(code)]


def _about(code: str, whole: int) -> Money:
    """About that many units, rounded to two digits: 8,600 EUR, 15,000,000 NGN."""
    found = currency(code)
    if found is None:
        raise AssertionError(f"{code} is a currency")
    step = 10 ** max(len(str(whole)) - SIGNIFICANT_DIGITS, 0)
    return Money(round(whole / step) * step * 10**found.decimals, code)
