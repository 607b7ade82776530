"""Calls that show each operation at work, one story for each resource: the reference prints what they are answered.

A new operation gets its call here; `make examples` then writes down what it saw.
"""

import json
import re
from typing import Any

from bitpesa.api.reference.examples import Example
from bitpesa.kernel import json as our_json
from tests.journeys.world import PERSON, World, ok
from tests.reference.watching import operation_at

MOST_ITEMS = 2
MOST_OPTIONS = 3


class Scribe:
    """Calls the API and writes down what was sent and answered, the first call that worked in front."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.examples: dict[str, list[Example]] = {}

    async def get(self, path: str) -> Any:
        return await self.call("GET", path)

    async def post(self, path: str, sent: Any = None) -> Any:
        return await self.call("POST", path, sent)

    async def call(self, method: str, path: str, sent: Any = None) -> Any:
        """Make a call, and answer what was asked for."""
        answered = await self.world.client.send(method, path, b"" if sent is None else our_json.encode(sent))
        key = operation_at(method, path)
        assert key is not None, path
        assert answered.status < 500
        example = Example(path=path, sent=self._told(sent), status=answered.status, answer=self._told(answered.body))
        self.examples.setdefault(key, []).append(example)
        return answered.body.get("object")

    def _told(self, value: Any) -> Any:
        """What is printed: long lists are cut, and addresses of this machine do not say anything."""
        text = our_json.encode(_abridged(value)).decode()
        text = text.replace(self.world.receiver.base, "https://example.com")
        return json.loads(re.sub(r"127\.0\.0\.1:\d+", "example.com", text))


def _abridged(value: Any, key: str = "") -> Any:
    if isinstance(value, list):
        return [_abridged(each) for each in (value if key == "events" else value[:MOST_ITEMS])]
    if isinstance(value, dict):
        most = MOST_OPTIONS if key in ("in", "options") else None
        return {name: _abridged(each, name) for name, each in list(value.items())[:most]}
    return value


async def senders(scribe: Scribe) -> None:
    sender = await scribe.post("/senders", {"sender": {**PERSON, "external_id": "customer-7"}})
    await scribe.post("/senders", {"sender": {"external_id": "customer-8", "first_name": "Jane", "country": "US"}})
    await scribe.get("/senders?external_id=customer-7")
    await scribe.get(f"/senders/{sender['id']}")
    await scribe.call("PATCH", f"/senders/{sender['id']}", {"sender": {"city": "Boston", "postal_code": "02108"}})
    await scribe.call("DELETE", f"/senders/{sender['id']}")


async def transactions(scribe: Scribe) -> None:
    asked = {
        "input_currency": "USD",
        "sender": {"external_id": "S-1"},
        "recipients": [ok("00")],
        "external_id": "order-42",
        "metadata": {"sendRef": "invoice 42"},
    }
    await scribe.post("/transactions/calculate", {"transaction": asked})
    await scribe.post("/transactions/validate", {"transaction": asked})
    transaction = await scribe.post("/transactions", {"transaction": asked})
    wrong = {**asked, "external_id": "order-43", "recipients": [ok("00", amount="much", bank_code="")]}
    await scribe.post("/transactions", {"transaction": wrong})
    await scribe.post("/transactions/create_and_fund", {"transaction": {**asked, "external_id": "order-44"}})
    await scribe.get("/transactions?external_id=order-42")
    await scribe.get(f"/transactions/{transaction['id']}")
    await scribe.post(f"/transactions/{transaction['id']}/payin", {"payin_method": {"type": "NGN::Bank"}})
    await scribe.post(f"/transactions/{transaction['id']}/payout")


async def recipients(scribe: Scribe) -> None:
    transaction = await scribe.world.funded(ok("19"), external_id="order-45")
    (recipient,) = transaction["recipients"]
    await scribe.get("/recipients?state=error&currency=USD&amount_from=10&amount_to=100")
    correction = {"payout_method": {"details": {"bank_account": "12345678919"}}}
    await scribe.call("PATCH", f"/recipients/{recipient['id']}", {"recipient": correction})
    await scribe.world.drain()
    await scribe.call("DELETE", f"/recipients/{recipient['id']}")
    await scribe.call("DELETE", f"/recipients/{recipient['id']}")


async def accounts(scribe: Scribe) -> None:
    await scribe.get("/accounts")
    await scribe.get("/accounts/USD")
    transaction = await scribe.world.transaction(ok("00"), external_id="order-46")
    debit = {"debit": {"to_id": transaction["id"], "to_type": "Transaction"}}
    (made,) = await scribe.post("/accounts/debits", debit)
    await scribe.post("/accounts/debits", debit)
    await scribe.get("/accounts/debits?per=2")
    await scribe.get(f"/accounts/debits/{made['id']}")


async def info(scribe: Scribe) -> None:
    await scribe.get("/info/currencies")
    await scribe.get("/info/currencies/in")
    await scribe.get("/info/currencies/out")
    await scribe.get("/info/payment_methods/in")
    await scribe.get("/info/payment_methods/out")


async def webhooks(scribe: Scribe) -> None:
    wanted = {"url": "https://example.com/webhook", "events": ["transaction.paid_out", "recipient.error"]}
    webhook = await scribe.post("/webhooks", {"webhook": wanted})
    await scribe.post("/webhooks", {"webhook": {"url": "https://example.com/webhook", "events": ["rain"]}})
    await scribe.get("/webhooks")
    await scribe.get("/webhooks/events")
    await scribe.get(f"/webhooks/{webhook['id']}")
    await scribe.call("DELETE", f"/webhooks/{webhook['id']}")
    await scribe.world.drain()
    log, *_ = await scribe.get("/logs/webhooks?per=2")
    await scribe.get(f"/logs/{log['id']}")


async def sandbox(scribe: Scribe) -> None:
    await scribe.get("/sandbox/clock")
    await scribe.post("/sandbox/clock", {"clock": {"advance_seconds": 3600}})
    transaction = await scribe.world.funded(ok("01"), external_id="order-47")
    (recipient,) = transaction["recipients"]
    await scribe.post(f"/sandbox/recipients/{recipient['id']}/answer", {"answer": {"code": "416"}})


STORIES = (senders, transactions, recipients, accounts, info, webhooks, sandbox)
