"""Calls that show each operation at work, one story for each resource: the reference prints what they are answered.

A new operation gets its call here; `make examples` then writes down what it saw.
"""

import json
import re
from decimal import Decimal
from typing import Any

from bitpesa.api.reference.examples import Example
from bitpesa.kernel.values import json as our_json
from bitpesa.money.rates import operations as rates
from tests.api.reference.watching import operation_at
from tests.journeys.collecting import XOF, collection, to_balance
from tests.journeys.world import PERSON, World, ok

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


async def documents(scribe: Scribe) -> None:
    paper = {"upload": PICTURE, "upload_file_name": "passport.png", "category": "passport", "metadata": {"page": 1}}
    stored = await scribe.post("/documents", {"document": paper})
    await scribe.post("/documents", {"document": {**paper, "upload": ""}})
    await scribe.get("/documents?per=2")
    await scribe.get(f"/documents/{stored['id']}")
    await scribe.call("DELETE", f"/documents/{stored['id']}")


PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


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

    paid = await scribe.world.funded(ok("00"), external_id="order-48")
    await scribe.get(f"/recipients/{paid['recipients'][0]['id']}/proof_of_payments")


async def payout_methods(scribe: Scribe) -> None:
    method = ok("00")["payout_method"]
    stored = await scribe.post("/payout_methods", {"payout_method": {**method, "metadata": {"payeeRef": "p-7"}}})
    await scribe.post("/payout_methods", {"payout_method": {"type": "NGN::Bank", "details": {"first_name": "John"}}})
    await scribe.get("/payout_methods?type=NGN::Bank&state=enabled")
    path = f"/payout_methods/{stored['id']}"
    await scribe.get(path)
    await scribe.call("PATCH", path, {"payout_method": {"details": {"bank_account": "12345678901"}}})
    await scribe.call("DELETE", path)


async def payin_methods(scribe: Scribe) -> None:
    phone = {"type": "GHS::Mobile", "phone_number": "+233548689440", "mobile_provider": "mtn"}
    with_code = phone | {"ux_flow": "otp_verified_ussd_popup"}
    created = await collection(scribe.world, to_balance(300, "GHS"), with_code, external_id="order-49")
    await scribe.world.drain()
    path = f"/payin_methods/{created['payin_methods'][0]['id']}"
    await scribe.get(path)
    await scribe.call("PATCH", path, {"payin_method": {"in_details": {"otp": "000000"}}})
    await scribe.call("PATCH", path, {"payin_method": {"in_details": {"otp": "123456"}}})
    await scribe.world.drain()
    await scribe.post(f"/sandbox{path}/answer", {"answer": {"code": "541"}})
    await scribe.world.drain()
    await scribe.post(f"{path}/retry")
    await scribe.call("DELETE", path)


async def accounts(scribe: Scribe) -> None:
    await scribe.get("/accounts")
    await scribe.get("/accounts/USD")
    transaction = await scribe.world.transaction(ok("00"), external_id="order-46")
    debit = {"debit": {"to_id": transaction["id"], "to_type": "Transaction"}}
    (made,) = await scribe.post("/accounts/debits", debit)
    await scribe.post("/accounts/debits", debit)
    await scribe.get("/accounts/debits?per=2")
    await scribe.get(f"/accounts/debits/{made['id']}")


async def account_validations(scribe: Scribe) -> None:
    account = {"country": "NG", "currency": "NGN", "method": "bank", "bank_code": "058", "bank_account": "12345678900"}
    await scribe.post("/account_validations", account)
    await scribe.post("/account_validations", {**account, "bank_account": "12345678939"})


async def mandates(scribe: Scribe) -> None:
    await scribe.world.platform.database.run(rates.set_rate, "ZAR", Decimal(20), Decimal(1), source="story")
    transaction = await scribe.world.funded(RAND, external_id="order-50")
    (recipient,) = transaction["recipients"]
    await scribe.get(f"/mandates/{recipient['mandate_id']}")
    await scribe.post(f"/sandbox/mandates/{recipient['mandate_id']}/sign")


RAND = {
    "requested_amount": 1000,
    "requested_currency": "ZAR",
    "payout_method": {
        "type": "ZAR::Bank",
        "details": {
            "first_name": "Thandi",
            "last_name": "Mbeki",
            "email": "thandi@example.com",
            "phone_number": "+27119785313",
            "bank_code": "632005",
            "bank_account": "123456789",
        },
    },
}


async def dlocal(scribe: Scribe) -> None:
    await scribe.get("/dlocal/balance")


async def info(scribe: Scribe) -> None:
    await scribe.get("/info/currencies")
    await scribe.get("/info/currencies/in")
    await scribe.get("/info/currencies/out")
    await scribe.get("/info/payment_methods/in")
    await scribe.get("/info/payment_methods/out")
    path = "/info/payment_methods/out/NGN::Bank/requirements"
    await scribe.get(f"{path}?details[bank_code]=058")
    await scribe.post(path, {"recipient": ok("00")})


async def webhooks(scribe: Scribe) -> None:
    wanted = {"url": "https://example.com/webhook", "events": ["transaction.paid_out", "recipient.error"]}
    webhook = await scribe.post("/webhooks", {"webhook": wanted})
    await scribe.post("/webhooks", {"webhook": {"url": "https://example.com/webhook", "events": ["rain"]}})
    await scribe.get("/webhooks")
    await scribe.get("/webhooks/events")
    await scribe.get(f"/webhooks/{webhook['id']}")
    await scribe.post(f"/webhooks/{webhook['id']}/enable")
    await scribe.post(f"/webhooks/{webhook['id']}/replay", {"replay": {"from": "2026-03-02"}})
    await scribe.call("DELETE", f"/webhooks/{webhook['id']}")
    await scribe.world.drain()
    log, *_ = await scribe.get("/logs/webhooks?per=2")
    await scribe.get(f"/logs/{log['id']}")
    await scribe.post(f"/logs/{log['id']}/replay")


async def api_logs(scribe: Scribe) -> None:
    await scribe.world.client.get("/accounts/USD")
    await scribe.world.write_log()
    log, *_ = await scribe.get("/api_logs?per=1")
    await scribe.get(f"/api_logs/{log['id']}")


async def reports(scribe: Scribe) -> None:
    await scribe.world.advance(days=2)
    await scribe.world.drain()
    await scribe.get("/reports?type=account&environment=test")
    path = f"test/{scribe.world.app.id}/daily/account_report_2026-03-02.csv"
    await scribe.post("/authenticated_url", {"path": path})


async def sandbox(scribe: Scribe) -> None:
    await scribe.get("/sandbox/clock")
    await scribe.post("/sandbox/clock", {"clock": {"advance_seconds": 3600}})
    transaction = await scribe.world.funded(ok("01"), external_id="order-47")
    (recipient,) = transaction["recipients"]
    await scribe.post(f"/sandbox/recipients/{recipient['id']}/answer", {"answer": {"code": "416"}})
    created = await collection(scribe.world, to_balance(50000), XOF, external_id="order-51")
    await scribe.world.drain()
    for _ in range(2):  # the second payment is one too many, and goes back
        await scribe.post(
            f"/sandbox/payin_methods/{created['payin_methods'][0]['id']}/payment", {"payment": {"amount": 50000}}
        )
        await scribe.world.drain()
    await scribe.post(f"/sandbox/transactions/{created['id']}/return")
    held = await scribe.world.transaction(ok("00"), external_id="order-52")
    await scribe.post(f"/sandbox/transactions/{held['id']}/review", {"review": {"outcome": "held"}})
    await scribe.world.debit(held)
    await scribe.post(f"/sandbox/transactions/{held['id']}/review", {"review": {"outcome": "released"}})
    asked = {"outcome": "banned", "reason": "the passport is forged"}
    await scribe.post(f"/sandbox/senders/{held['sender']['id']}/review", {"review": asked})
    await scribe.post("/sandbox/reset", {"reset": {"balances": {"USD": "10000.00", "NGN": 4000000}}})


STORIES = (
    senders,
    documents,
    transactions,
    recipients,
    payout_methods,
    payin_methods,
    accounts,
    account_validations,
    mandates,
    dlocal,
    info,
    webhooks,
    api_logs,
    reports,
    sandbox,  # the last, since it ends with a fresh start
)
