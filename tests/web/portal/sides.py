"""One environment of an organisation with something of every kind in it, and the addresses of its pages."""

import re
from typing import Any

import msgspec
from starlette.routing import Route

from bitpesa.ops.reports import operations as reports
from bitpesa.ops.reports import queries as report_queries
from bitpesa.ops.reports.model import ReportType
from bitpesa.ops.reports.period import Cadence, period_at
from bitpesa.rails.providers.registry import Providers
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations.model import App
from bitpesa.web.portal.application import make_portal
from bitpesa.web.portal.guards import PLACE
from bitpesa.webhooks import operations as webhooks
from tests.journeys.collecting import XOF, to_balance
from tests.journeys.serving import serving
from tests.journeys.test_09_documents import PNG, data_uri
from tests.journeys.world import PERSON, World, ok


class Side(msgspec.Struct):
    """One environment: its app, what only it may show, and an object for each kind of address."""

    word: str
    app: App
    marks: list[str]
    ids: dict[str, str]

    @property
    def place(self) -> str:
        return f"/portal/{self.word}"

    def path(self, pattern: str, ids: "dict[str, str] | None" = None) -> str:
        """The address of a page of this side, about one of its own objects or of others'."""
        known = self.ids if ids is None else ids
        section = pattern.removeprefix(PLACE).removeprefix("/")
        kind = max((each for each in known if section.startswith(each)), key=len, default="")
        rest = section.replace("{id}", known.get(kind, "")).replace("{key_id}", known.get(kind, ""))
        rest = rest.replace("{rest:path}", known.get("reports", ""))
        return f"{self.place}/{rest}".rstrip("/")


class Both(msgspec.Struct):
    """The two sides, by their words."""

    sides: dict[str, Side]

    def other(self, side: Side) -> Side:
        return next(each for each in self.sides.values() if each is not side)


async def open_side(world: World, word: str, app: App, *, sender: Any = None, payee: Any = None) -> Side:
    """Let everything exist once on a side: each text of it says which side it is. Further fields may be given."""
    mark = f"ONLY-{word.upper()}"
    bank, payer = (find("XOF::Mobile", "sandbox") for find in (_bank(world), world.platform.providers.for_payin))
    named = {(app.environment, each): _bank(world)("NGN::Bank", "sandbox") for each in ("NGN::Bank", "USD::Balance")}
    providers = Providers(named=named, named_to_collect={(app.environment, "XOF::Mobile"): payer})
    assert bank is not None
    upload = {"upload": data_uri(PNG, "image/png"), "upload_file_name": f"{mark}.png"}
    named_so = {"external_id": f"S-{mark}", "last_name": f"Sender{mark}", "documents": [upload]}
    person = {**PERSON, **named_so, **(sender or {})}
    await world.give("77.00", "GBP" if word == "test" else "EUR", app)
    await world.give("500.00", "USD", app)
    async with serving(world, app=app, providers=providers) as client:
        made = await client.post("/senders", {"sender": person})
        assert made.status == 201, made.body
        paying = {"external_id": f"T-{mark}", "input_currency": "USD", "sender": {"external_id": f"S-{mark}"}}
        legs = [ok("00", last_name=f"Payee{mark}", **(payee or {}))]
        paid = await client.post("/transactions", {"transaction": {**paying, "recipients": legs}})
        assert paid.status == 201, paid.body
        method = {"type": "XOF::Mobile", "in_details": {name: value for name, value in XOF.items() if name != "type"}}
        asked = {**paying, "external_id": f"C-{mark}", "input_currency": "XOF", "recipients": to_balance(300)}
        collected = await client.post("/transactions", {"transaction": {**asked, "payin_methods": [method]}})
        assert collected.status == 201, collected.body
        await client.get(f"/senders?external_id=S-{mark}")
    await world.write_log()
    key, _ = await world.platform.database.run(organisations.create_key, world.platform.vault, app.id)
    hears = {"url": f"https://example.com/{mark}", "events": ["transaction.created"]}
    webhook = await world.platform.database.run(webhooks.register, app, key.id, hears, allow_private=False)
    async with world.platform.database.reading() as conn:  # an attempt that goes nowhere outside: live refuses it
        await conn.execute("update webhooks set url = $1 where id = $2", f"{world.receiver.url}&{mark}", webhook.id)
    await world.platform.database.run(webhooks.send_test, app.id, webhook.id)
    await world.drain()
    month = period_at(Cadence.MONTHLY, await world.now(app))
    await world.platform.database.run(reports.make, app.id, ReportType.TRANSACTION, month)
    await world.write_log()
    recipient, payin = paid.object["recipients"][0]["id"], collected.object["payin_methods"][0]["id"]
    ids = {
        "transactions": paid.object["id"],
        "recipients": recipient,
        "payin_methods": payin,
        "senders": made.object["id"],
        "senders/documents": made.object["documents"][0]["id"],
        "webhooks": str(webhook.id),
        "webhooks/attempts": await _first(world, app, "webhook_logs"),
        "logs": await _first(world, app, "api_logs"),
        "logs/webhooks": await _first(world, app, "webhook_logs"),
        "keys": str(key.id),
        "bench/transactions": paid.object["id"],
        "bench/payin_methods": payin,
        "bench/senders": made.object["id"],
        "reports": await _report(world, app),
    }
    return Side(
        word, app, [mark, *{each for each in ids.values() if re.fullmatch(r"[0-9a-f-]{36}", each)}, key.key], ids
    )


def _bank(world: World) -> Any:
    return world.platform.providers.for_payout


async def _first(world: World, app: App, table: str) -> str:
    async with world.platform.database.reading() as conn:
        found = await conn.fetchval(f"select id from {table} where app_id = $1 limit 1", app.id)  # noqa: S608 - ours
        assert found, table
        return str(found)


async def _report(world: World, app: App) -> str:
    async with world.platform.database.reading() as conn:
        (path,) = await report_queries.list_paths(conn, app)
    return f"{path.period.cadence}/{path.file_name}"


def routes(world: World, method: str) -> list[str]:
    """The addresses of an environment that answer a method."""
    portal = make_portal(world.platform, dict)
    return [
        each.path
        for each in portal.routes
        if isinstance(each, Route) and each.path.startswith(PLACE) and method in (each.methods or ())
    ]
