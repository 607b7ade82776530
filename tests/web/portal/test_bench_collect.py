import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bitpesa.payments.collections.catalogue import PAYIN_TYPES
from tests.journeys.collecting import XOF, collection, state_of, to_balance
from tests.journeys.world import World
from tests.web.kit.visiting import Browser, Shown, signed_in

BENCH = "/portal/test/bench/collections"
WAYS = [f"{each.type}/{flow}" for each in PAYIN_TYPES.values() if each.offered for flow in each.flows]


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        yield browser


def filled(page: Shown) -> dict[str, str]:
    """What the form would send as it stands."""
    form = page.text.partition(f'<form class="card" method="post" action="{BENCH}"')[2].partition("</form>")[0]
    inputs = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form)
    chosen = {}
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        values = re.findall(r'<option value="([^"]*)"( selected)?', options)
        chosen[name] = next((value for value, is_chosen in values if is_chosen), values[0][0])
    return {name: value for name, value in {**dict(inputs), **chosen}.items() if name != "csrf"}


async def test_the_example_of_every_way_to_pay_can_be_sent_as_it_stands(world: World, browser: Browser) -> None:
    assert len(WAYS) >= 10
    for way in WAYS:
        page = await browser.get(f"{BENCH}?way={way}")
        assert page.status == 200, way
        sent = await browser.post(BENCH, **filled(page))
        assert sent.status == 303, (way, sent.words)
        created = await shown(world, sent)
        (method,) = created["payin_methods"]
        assert f"{method['type']}/{method['ux_flow']}" == way
        assert created["metadata"] == {"sent_from": "bench"}


async def shown(world: World, sent: Shown) -> dict[str, Any]:
    transaction_id = (sent.location or "").rpartition("/")[2].partition("?")[0]
    found: dict[str, Any] = (await world.client.get(f"/transactions/{transaction_id}")).object
    return found


async def test_the_payer_answers_as_he_was_told_and_the_money_goes_where_it_was_to_go(
    world: World, browser: Browser
) -> None:
    fields = filled(await browser.get(BENCH)) | {"target": "NGN::Bank", "code": "541"}
    created = await shown(world, await browser.post(BENCH, **fields))
    await world.drain()
    assert created["recipients"][0]["payout_method"]["type"] == "NGN::Bank"
    method = (await world.show(created))["payin_methods"][0]
    assert (method["state"], method["state_reason_details"]["code"]) == ("error", "541")


async def test_what_the_api_would_refuse_is_shown_beside_the_fields(browser: Browser) -> None:
    fields = filled(await browser.get(BENCH)) | {"requested_amount": "x", "payin.phone_number": "12"}
    refused = await browser.post(BENCH, **fields)
    assert refused.status == 422
    for name, problem in {"requested_amount": "x is not an amount", "payin.phone_number": "Not valid"}.items():
        below = refused.text.partition(f'id="below-{name}"')[2].partition("</div>")[0]
        assert problem in below, name
    assert 'value="12"' in refused.text


async def test_what_is_no_way_to_pay_or_is_closed_has_no_form(world: World, browser: Browser) -> None:
    for way in ("XXX::Bank/unknown", "XOF::Mobile/blockchain", "BTC/blockchain", ""):
        assert (await browser.get(f"{BENCH}?way={way}")).status == 404
        assert (await browser.post(BENCH, way=way)).status == 404
    await world.change_settings(collections=False)
    assert "Collections are not open to your app" in (await browser.get(BENCH)).words


async def test_money_of_any_amount_comes_seen_final_late_and_twice(world: World, browser: Browser) -> None:
    created = await collection(world, to_balance(40000), XOF)
    await world.drain()
    bench = f"/portal/test/bench/payin_methods/{created['payin_methods'][0]['id']}"
    for amount in ("x", "", "0", "1.5", "9" * 25):
        refused = await browser.post(f"{bench}/payment", amount=amount)
        assert refused.status == 422, amount
        below = refused.text.partition(f'id="wrong-{created["payin_methods"][0]["id"]}"')[2].partition("</p>")[0]
        assert re.search(r"(Needed|Not valid) \(|is not an amount|more than zero|more than 18 digits", below), amount
    seen = await browser.post(f"{bench}/payment", amount="40000", seen="only", follow=True)
    assert "The money is on its way" in seen.words
    await world.drain()
    assert await state_of(world, created) == ("pending", "processing")
    assert "Let what was seen become final" in (await browser.get(f"/portal/test/transactions/{created['id']}")).words
    await browser.post(f"{bench}/clear")
    await world.drain()
    assert await state_of(world, created) == ("paid", "success")
    await browser.post(f"{bench}/payment", amount="100", seen="final")
    await world.drain()
    assert "100 XOF too much." in (await browser.get(f"/portal/test/transactions/{created['id']}")).words


async def test_more_than_the_books_can_hold_is_no_payment(world: World, browser: Browser) -> None:
    method = {"type": "GHS::Mobile", "phone_number": "+233548689441", "mobile_provider": "mtn"}
    created = await collection(world, to_balance(300, "GHS"), method)
    payin = created["payin_methods"][0]["id"]
    refused = await browser.post(f"/portal/test/bench/payin_methods/{payin}/payment", amount="500000000000000000")
    assert "More than the maximum (greater_than_maximum)" in refused.words
    path, payment = f"/sandbox/payin_methods/{payin}/payment", {"amount": 500000000000000000}
    assert (await world.client.post(path, {"payment": payment})).status == 422


async def test_a_request_ends_with_a_code_and_with_none_that_pays(world: World, browser: Browser) -> None:
    created = await collection(world, to_balance(40000), XOF)
    await world.drain()
    bench = f"/portal/test/bench/payin_methods/{created['payin_methods'][0]['id']}"
    for code in ("0", "nonsense", ""):
        assert (await browser.post(f"{bench}/answer", code=code)).status == 422
    told = await browser.post(f"{bench}/answer", code="412", follow=True)
    assert "Its payer will answer so." in told.words
    await world.drain()
    assert await state_of(world, created) == ("approved", "error")
