"""Who plays: apps with a key, money, a sender, and webhooks. They are made before anything is hurt."""

from uuid import UUID

import msgspec

from bitpesa.kernel import clock
from bitpesa.kernel.database.pool import Work
from bitpesa.kernel.values.money import Money
from bitpesa.money.accounts import operations as accounts
from bitpesa.money.rates import operations as rates
from bitpesa.payments.senders import operations as senders
from bitpesa.settings import Settings
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import queries as organisation_queries
from bitpesa.webhooks import operations as webhooks
from bitpesa.webhooks.event_names import ACCEPTED
from bitpesa.wiring import Platform, open_platform
from experiments.chaos.receivers import HABITS, HOSTS
from experiments.harness.person import JANE

OPENING_BALANCES = tuple(Money(10**13, code) for code in ("USD", "NGN", "EUR", "GBP"))

# What receivers that never take anything are told: each of it is tried six times.
FOR_THE_DEAF = ("transaction.refunded", "transaction.canceled", "recipient.error")
SILENT_HOSTS = HOSTS[1:]
DEAF = frozenset({"failing", "silent", "down"})


class Player(msgspec.Struct, frozen=True):
    """An app that pays, and how it signs."""

    app_id: UUID
    key: str
    secret: str
    sender_id: UUID
    days_pass: bool
    """Whether days pass for it in a moment. Then it sends no `Idempotency-Key`: answers are kept for one day."""


class Receiving(msgspec.Struct, frozen=True):
    """The ports at which receivers listen, and at which nobody does."""

    port: int
    dead_port: int

    def url(self, habit: str, app: int, host: str = HOSTS[0]) -> str:
        """Where an app's webhook with these habits is."""
        return f"http://{host}:{self.dead_port if habit == 'down' else self.port}/{habit}/{app}"


class Players(msgspec.Struct, frozen=True):
    """Those who pay as people do, and two neighbours of theirs."""

    quiet: list[Player]
    poisoned: Player
    """Rows of it are spoilt."""
    noisy: Player
    """It has much to pay, and receivers that never answer."""

    @property
    def everybody(self) -> list[Player]:
        """All of them."""
        return [*self.quiet, self.poisoned, self.noisy]


async def make_players(settings: Settings, receiving: Receiving) -> Players:
    """One app for each habit of receivers, and their neighbours; every one has a steady receiver as well."""
    async with open_platform(settings) as platform:
        await platform.database.run(rates.load_default_rates)

        async def make(number: int, habit: str) -> Player:
            return await platform.database.run(_make_player, platform, number, habit, receiving)

        quiet = [await make(number, habit) for number, habit in enumerate(HABITS)]
        players = Players(quiet, await make(len(HABITS), "down"), await make(len(HABITS) + 1, "steady"))
        await platform.database.run(_add_silence, players.noisy, receiving)
        return players


async def _add_silence(work: Work, player: Player, receiving: Receiving) -> None:
    """Let a player have receivers that never answer, each an endpoint of its own, and be told of everything there."""
    app = await organisation_queries.find_app(work.conn, player.app_id)
    assert app is not None
    (key, *_) = await organisation_queries.list_keys(work.conn, player.app_id)
    for host in SILENT_HOSTS:
        definition = {"url": receiving.url("silent", 0, host), "events": sorted(ACCEPTED)}
        await webhooks.register(work, app, key.id, definition, allow_private=True)


async def _make_player(work: Work, platform: Platform, number: int, habit: str, receiving: Receiving) -> Player:
    organisation = await organisations.create_organisation(work, f"Organisation {number}")
    app = await organisations.create_app(work, organisation.id, "sandbox")
    key, secret = await organisations.create_key(work, platform.vault, app.id)
    for amount in OPENING_BALANCES:
        await accounts.deposit(work, app.id, amount)
    sender = await senders.create(work, app, JANE, await clock.now(work.conn, app.id))
    for each in dict.fromkeys(("steady", habit)):
        events = FOR_THE_DEAF if each in DEAF else sorted(ACCEPTED)
        definition = {"url": receiving.url(each, number), "events": list(events)}
        await webhooks.register(work, app, key.id, definition, allow_private=True)
    return Player(app_id=app.id, key=key.key, secret=secret, sender_id=sender.id, days_pass=number == 0)
