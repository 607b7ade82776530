"""Who plays: an app with an object of every kind, its neighbour, its organisation on live, keys that will end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import msgspec
from yarl import URL

from bitpesa.cli.client import Client
from bitpesa.kernel.crypto.signing import signature
from bitpesa.kernel.values import json
from bitpesa.money.rates import operations as rates
from bitpesa.tenants.organisations import operations as organisations
from bitpesa.tenants.organisations import rules as organisation_rules
from bitpesa.tenants.organisations.model import App
from experiments.security.place import Server
from tests.api.reference.stories import PICTURE, RAND
from tests.journeys.collecting import OWN_BALANCE, XOF, collection, to_balance
from tests.journeys.world import PERSON, World, ok, open_world

CARD = {"type": "NGN::Bank", "ux_flow": "http_redirect", "redirect_url": "https://shop.example/thanks"}


class Key(msgspec.Struct, frozen=True):
    """What somebody signs with."""

    key: str
    secret: str
    environment: str = "sandbox"


class Heard(msgspec.Struct, frozen=True):
    """What was answered."""

    status: int
    body: bytes
    headers: dict[str, str]


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody, and the ids of the victim's objects."""

    world: World
    victim: App
    own: Key
    neighbour_app: App
    neighbour: Key
    live: Key
    revoked: Key
    revoked_id: UUID
    disabled: Key
    disabled_app: App
    objects: dict[str, str]

    @property
    def marks(self) -> set[bytes]:
        """What nobody else may ever be answered: the ids of the victim's objects."""
        return {text.encode() for text in self.objects.values() if len(text) == len(str(UUID(int=0)))}

    async def end_rights(self) -> None:
        """Revoke one key and disable the app of another: a process that knows both must not let them in any more."""

        async def end(work: Any) -> None:
            await organisations.revoke_key(work, self.victim.id, self.revoked_id)
            await organisations.disable_app(work, self.disabled_app.id)

        await self.world.platform.database.run(end)


@asynccontextmanager
async def furnished(database_url: str) -> AsyncIterator[Stage]:
    """Everybody in a fresh database."""
    async with open_world(database_url) as world:
        objects = await _objects(world)
        neighbour_app, neighbour = await world.open_app(kyc_mode="approval")
        await world.give("1000.00", "USD", neighbour_app)
        live = await _live_key(world)
        revoked, revoked_id = await _another_key(world)
        disabled_app, disabled = await world.open_app()
        yield Stage(
            world=world,
            victim=world.app,
            own=key_of(world.client),
            neighbour_app=neighbour_app,
            neighbour=key_of(neighbour),
            live=live,
            revoked=revoked,
            revoked_id=revoked_id,
            disabled=key_of(disabled),
            disabled_app=disabled_app,
            objects=objects,
        )


async def knock(
    session: aiohttp.ClientSession,
    server: Server,
    method: str,
    path: str,
    content: Any = None,
    *,
    key: Key | None = None,
    at: str = "sandbox",
    headers: dict[str, str] | None = None,
    nonce: str | None = None,
) -> Heard:
    """Call an operation: signed by a key for the origin it is sent to; `headers` replace those of the signature."""
    url = (server.base if at == "sandbox" else server.live_base) + "/v1" + path
    body = b"" if content is None else json.encode(content)
    sent = {"Content-Type": "application/json"}
    if key is not None:
        sent |= signed(key, method, url, body, nonce)
    async with session.request(
        method, URL(url, encoded=True), data=body, headers=sent | (headers or {}), allow_redirects=False
    ) as answer:
        return Heard(answer.status, await answer.read(), dict(answer.headers))


def signed(key: Key, method: str, url: str, body: bytes, nonce: str | None = None) -> dict[str, str]:
    """The headers that sign a request."""
    nonce = nonce or str(uuid4())
    return {
        "Authorization-Key": key.key,
        "Authorization-Nonce": nonce,
        "Authorization-Signature": signature(key.secret, nonce, method, url, body),
    }


async def _objects(world: World) -> dict[str, str]:
    """One object of every kind, by the names that doors use."""

    async def set_rand(work: Any) -> None:
        await rates.set_rate(work, "ZAR", Decimal(20), Decimal(1), source="security")

    await world.platform.database.run(set_rand)
    client = world.client
    idle = await client.post("/senders", {"sender": {**PERSON, "external_id": "idle"}})
    document = await client.post("/documents", {"document": {"upload": PICTURE, "upload_file_name": "passport.png"}})
    method = await client.post("/payout_methods", {"payout_method": ok("00")["payout_method"]})
    paid, failing = await world.funded(ok("00")), await world.funded(ok("19"))
    pending, rand = await world.funded(ok("01")), await world.funded(RAND)
    unfunded = await world.transaction(ok("00"))
    collected = await collection(world, to_balance(50000), XOF)
    await world.drain()
    (debit, *_) = (await client.get("/accounts/debits")).object
    (webhook_log, *_) = (await client.get("/logs/webhooks?per=1")).object
    await world.write_log()
    (api_log, *_) = (await client.get("/api_logs?per=1")).object
    await world.advance(days=2)
    await world.drain()
    reports = (await client.get("/reports")).body["available_reports"]
    link = await client.post("/authenticated_url", {"path": reports[0]})
    card = await collection(world, OWN_BALANCE, CARD)
    await world.drain()
    links = {
        "document_link": (await client.get(f"/documents/{document.object['id']}")).object["url"],
        "proof_link": (await client.get(f"/recipients/{_leg(paid)}/proof_of_payments")).object[0]["url"],
        "report_link": link.body["authenticated_url"],
        "page_link": card["payin_methods"][0]["out_details"]["url"],
    }
    return {name: _target(url) for name, url in links.items()} | {
        "sender": unfunded["sender"]["id"],
        "idle_sender": idle.object["id"],
        "document": document.object["id"],
        "transaction": unfunded["id"],
        "collection": collected["id"],
        "failing_recipient": _leg(failing),
        "paid_recipient": _leg(paid),
        "pending_recipient": _leg(pending),
        "payin_method": collected["payin_methods"][0]["id"],
        "payout_method": method.object["id"],
        "debit": debit["id"],
        "mandate": rand["recipients"][0]["mandate_id"],
        "webhook": world.webhook["id"],
        "webhook_log": webhook_log["id"],
        "api_log": api_log["id"],
        "report": reports[0],
        "currency": "USD",
        "payout_type": "NGN::Bank",
    }


def _target(url: str) -> str:
    """Path and query of a link: any process of the deployment opens it."""
    return url[url.index("/", len("https://")) :]


def _leg(transaction: dict[str, Any]) -> str:
    return str(transaction["recipients"][0]["id"])


def key_of(client: Client, environment: str = "sandbox") -> Key:
    """What a client signs with, said to be of an environment."""
    return Key(client.key, client._secret, environment)


async def _live_key(world: World) -> Key:
    """A key of the victim's own organisation, on live: another environment is as far away as another organisation."""
    settings = organisation_rules.default_settings("live")

    async def make(work: Any) -> Key:
        app = await organisations.create_app(work, world.app.organisation_id, "live", settings)
        key, secret = await organisations.create_key(work, world.platform.vault, app.id)
        return Key(key.key, secret, "live")

    return await world.platform.database.run(make)


async def _another_key(world: World) -> tuple[Key, UUID]:
    async def make(work: Any) -> tuple[Key, UUID]:
        key, secret = await organisations.create_key(work, world.platform.vault, world.app.id)
        return Key(key.key, secret), key.id

    return await world.platform.database.run(make)
