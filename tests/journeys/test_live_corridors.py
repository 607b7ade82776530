"""A live app is told at creation that nobody pays out over a corridor, and not when its money is in."""

from typing import Any

from bitpesa.rails.providers.registry import Providers
from tests.journeys.serving import serving
from tests.journeys.world import PERSON, World, ok

NOT_ACTIVE = {"type": [{"error": "not_active"}]}


def transaction(*legs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"transaction": {"input_currency": "USD", "sender": PERSON, "recipients": list(legs), **more}}


async def test_what_nobody_pays_is_refused_at_creation(world: World):
    app, client = await world.open_app("live", kyc_mode="waived")
    await world.give("1000", "USD", app)
    for path, more in [
        ("/transactions", {}),
        ("/transactions/validate", {}),
        ("/transactions/create_and_fund", {"external_id": "T-1"}),
    ]:
        answer = await client.post(path, transaction(ok("00"), **more))
        assert answer.status == 422, path
        assert answer.object["recipients"][0]["payout_method"]["errors"] == NOT_ACTIVE, path
    assert (await client.get("/transactions")).object == []
    assert (await client.get("/info/payment_methods/out")).object == []
    assert (await world.post_transaction(ok("00"))).status == 201


async def test_what_somebody_pays_is_accepted_beside_what_nobody_does(world: World):
    app, _ = await world.open_app("live", kyc_mode="waived")
    bank = world.platform.providers.for_payout("NGN::Bank", "sandbox")
    providers = Providers(named={("live", "NGN::Bank"): bank})
    async with serving(world, app=app, providers=providers) as client:
        assert (await client.post("/transactions", transaction(ok("00")))).status == 201
        assert [each["type"] for each in (await client.get("/info/payment_methods/out")).object] == ["NGN::Bank"]
        mobile = {**ok("00"), "payout_method": {"type": "UGX::Mobile", "details": {}}}
        refused = await client.post("/transactions", transaction(ok("00"), mobile))
        first, second = refused.object["recipients"]
        assert first["payout_method"]["errors"] == {}
        assert second["payout_method"]["errors"]["type"] == NOT_ACTIVE["type"]
        # A price is a price, whoever pays.
        assert (await client.post("/transactions/calculate", transaction(mobile))).status == 200
