"""A world in which every page of the portal has something to show, and where those pages are."""

from typing import Any
from uuid import UUID

import msgspec

from tests.journeys.collecting import collection, payer_answers, to_balance
from tests.journeys.world import World, ok

SHOUT = "<script>alert(1)</script>"
QUOTES = "\"'><img src=x onerror=alert(1)>"


class Furnished(msgspec.Struct):
    """What there is, and the pages that show it, by name."""

    paid: dict[str, Any]
    failed: dict[str, Any]
    unfunded: dict[str, Any]
    collected: dict[str, Any]
    paths: dict[str, str]


async def furnish(world: World) -> Furnished:
    """Send a few payments with hostile texts in every field that a client may fill, and call the API wrongly once."""
    details = {"first_name": SHOUT, "last_name": QUOTES, "street": SHOUT}
    hostile = {"external_id": f"T-{SHOUT}", "metadata": {QUOTES: SHOUT}}
    sender = {"external_id": "S-2", "first_name": SHOUT, "last_name": QUOTES, "city": SHOUT, "metadata": {"x": SHOUT}}
    known = {**(await world.client.get("/senders")).object[0], **sender}
    fields = {name: value for name, value in known.items() if name not in ("id", "documents")}
    made = await world.client.post("/senders", {"sender": fields})
    assert made.status == 201, made.body
    paid = await world.funded(ok("00", **details), sender={"external_id": "S-2"}, **hostile)
    failed = await world.funded(ok("08", **details), ok("00", 20000), external_id="T-2")
    unfunded = await world.transaction(ok("00", **details), external_id="T-3")
    transfer = {"type": "NGN::Bank", "ux_flow": "bank_transfer", "account_name": SHOUT}
    waiting = {"type": "GHS::Mobile", "phone_number": "+233548689441", "mobile_provider": "mtn"}
    await collection(world, to_balance(300, "GHS"), waiting | {"ux_flow": "otp_verified_ussd_popup"})
    collected = await collection(world, to_balance(40000, "NGN"), transfer, transfer, external_id="T-4")
    await payer_answers(world, collected, "412")
    wrong = await world.post_transaction(ok("00", "x", first_name="", bank_code=SHOUT), external_id=SHOUT)
    assert wrong.status == 422
    await world.write_log()
    paths = await _paths(world, paid, failed, unfunded, made.object)
    method = f"/portal/test/payin_methods/{collected['payin_methods'][0]['id']}"
    paths |= {
        "collected": f"/portal/test/transactions/{collected['id']}",
        "edit payin": f"{method}/edit",
        "cancel payin": f"{method}/cancel",
        "bench collect": "/portal/test/bench/collections",
    }
    return Furnished(paid, failed, unfunded, collected, paths)


async def _paths(world: World, paid: Any, failed: Any, unfunded: Any, sender: Any) -> dict[str, str]:
    refused = await _id(world, "select id from api_logs where app_id = $1 and response_status = 422 limit 1")
    attempt = await _id(world, "select id from webhook_logs where app_id = $1 order by created_at limit 1")
    leg = failed["recipients"][0]["id"]
    return {
        "dashboard": "/portal/test",
        "paid": f"/portal/test/transactions/{paid['id']}",
        "failed": f"/portal/test/transactions/{failed['id']}",
        "unfunded": f"/portal/test/transactions/{unfunded['id']}",
        "fund": f"/portal/test/transactions/{unfunded['id']}/fund",
        "cancel": f"/portal/test/recipients/{leg}/cancel",
        "edit": f"/portal/test/recipients/{leg}/edit",
        "senders": "/portal/test/senders",
        "sender": f"/portal/test/senders/{sender['id']}",
        "webhooks": "/portal/test/webhooks",
        "webhook": f"/portal/test/webhooks/{world.webhook['id']}",
        "delete": f"/portal/test/webhooks/{world.webhook['id']}/delete",
        "attempt": f"/portal/test/webhooks/attempts/{attempt}",
        "logs": "/portal/test/logs",
        "log": f"/portal/test/logs/{refused}",
        "webhook logs": "/portal/test/logs/webhooks",
        "reports": "/portal/test/reports",
        "bench": "/portal/test/bench",
        "bench for mobile": "/portal/test/bench?corridor=GHS::Mobile",
        "going live": "/portal/onboarding",
    }


async def _id(world: World, query: str) -> UUID:
    async with world.platform.database.reading() as conn:
        found: UUID = await conn.fetchval(query, world.app.id)
        return found
