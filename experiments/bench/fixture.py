"""Who pays in the measurement: apps with a key, a sender and money each, made by the product's own operations."""

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.rates import operations as rates
from bitpesa.payments.senders import operations as senders
from bitpesa.settings import Settings
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.wiring import Platform, open_platform
from experiments.bench.payer import CURRENCY, Payer
from experiments.harness.person import JANE

OPENING_BALANCE = Money(10**14, CURRENCY)

SENDER = {**JANE, "metadata": {"customer": "7"}}


async def make_payers(settings: Settings, count: int) -> list[Payer]:
    """Make so many apps, each of an organisation of its own."""
    async with open_platform(settings) as platform:
        await platform.database.run(rates.load_default_rates)
        return [await platform.database.run(_make_payer, platform, number) for number in range(count)]


async def _make_payer(work: Work, platform: Platform, number: int) -> Payer:
    organisation = await organisations.create_organisation(work, f"Organisation {number}")
    app = await organisations.create_app(work, organisation.id, "sandbox")
    key, secret = await organisations.create_key(work, platform.vault, app.id)
    await accounts.deposit(work, app.id, OPENING_BALANCE)
    sender = await senders.create(work, app, SENDER, await clock.now(work.conn, app.id))
    return Payer(key=key.key, secret=secret, app_id=app.id, key_id=key.id, sender_id=sender.id)
