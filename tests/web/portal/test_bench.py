import re
from collections.abc import AsyncIterator

import pytest

from bitpesa.rails.corridors.catalogue import CORRIDORS
from tests.journeys.world import World, ok
from tests.web.kit.visiting import Browser, Shown, signed_in


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id, ()) as browser:
        yield browser


def filled(page: Shown) -> dict[str, str]:
    """What the form of the bench would send as it stands."""
    form = page.text.partition('<form class="card" method="post" action="/portal/test/bench"')[2].partition("</form>")[
        0
    ]
    inputs = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form)
    selects = re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL)
    chosen = {}
    for name, options in selects:
        values = re.findall(r'<option value="([^"]*)"( selected)?', options)
        chosen[name] = next((value for value, is_chosen in values if is_chosen), values[0][0])
    return {**dict(inputs), **chosen}


TRIGGERED = ("NGN::Bank", "GHS::Bank", "GHS::Mobile", "UGX::Mobile", "XAF::Mobile", "XOF::Mobile")


@pytest.mark.parametrize("payout_type", TRIGGERED)
async def test_the_number_in_the_form_pays_also_after_an_error(
    world: World, browser: Browser, payout_type: str
) -> None:
    """A scripted answer counts once: what comes after it is decided by the number that stands in the form."""
    await world.give("5000", "USD")
    page = await browser.get(f"/portal/test/bench?corridor={payout_type}")
    assert "this one pays" in page.words
    sent = []
    for code in ("3", ""):  # a temporary error, then whatever the number decides; and the number alone
        fields = {**filled(page), "code": code, "external_id": f"T-{payout_type}-{code}"}
        fields.pop("csrf")
        answer = await browser.post("/portal/test/bench", **fields)
        assert answer.status == 303, answer.words
        sent.append((answer.location or "").split("/")[-1].partition("?")[0])
    await world.drain()
    assert (await world.client.get(f"/transactions/{sent[1]}")).object["state"] == "paid"
    await world.advance(hours=12)
    await world.drain()
    assert (await world.client.get(f"/transactions/{sent[0]}")).object["state"] == "paid"


OFFERED = [each.type for each in CORRIDORS if each.offered and each.method != "balance"]


async def test_the_example_of_every_corridor_can_be_sent_as_it_stands(world: World, browser: Browser) -> None:
    known = {"NGN", "EUR", "XOF", "GBP", "UGX", "GNF", "KES", "GHS", "MAD", "XAF", "USD"}
    await world.give("5000", "USD")
    sent = []
    for type_ in OFFERED:
        if type_[:3] not in known:
            continue
        for recipient_type in ("person", "business"):
            page = await browser.get(f"/portal/test/bench?corridor={type_}&recipient_type={recipient_type}")
            fields = filled(page)
            if fields["recipient_type"] != recipient_type:
                continue
            fields.pop("csrf")
            answer = await browser.post("/portal/test/bench", **fields)
            assert answer.status == 303, (type_, recipient_type, answer.words)
            sent.append((answer.location or "").split("/")[-1].partition("?")[0])
    assert len(sent) > 15
    await world.drain()
    states = {(await world.client.get(f"/transactions/{each}")).object["state"] for each in sent}
    assert states == {"paid"}


async def test_the_bank_answers_as_it_was_told(world: World, browser: Browser) -> None:
    fields = {**filled(await browser.get("/portal/test/bench")), "code": "416", "external_id": "T-1"}
    fields.pop("csrf")
    assert (await browser.post("/portal/test/bench", **fields)).status == 303
    await world.drain()
    shown = (await world.client.get("/transactions?external_id=T-1")).object[0]
    assert shown["recipients"][0]["state_reason_details"]["code"] == "416"
    assert shown["metadata"] == {"sent_from": "bench"}


async def test_only_created_it_waits_for_its_money(world: World, browser: Browser) -> None:
    fields = {**filled(await browser.get("/portal/test/bench")), "funding": "later", "code": "", "external_id": "T-1"}
    fields.pop("csrf")
    sent = await browser.post("/portal/test/bench", follow=True, **fields)
    assert "Pay from balance" in sent.words
    transaction_id = sent.path.split("/")[-1].partition("?")[0]
    paid_in = await browser.post(f"/portal/test/bench/transactions/{transaction_id}/payin", follow=True)
    assert "The payer has paid." in paid_in.words
    paid_out = await browser.post(f"/portal/test/bench/transactions/{transaction_id}/payout", follow=True)
    assert "The simulated bank has paid." in paid_out.words
    assert (await world.client.get(f"/transactions/{transaction_id}")).object["state"] == "paid"
    again = await browser.post(f"/portal/test/bench/transactions/{transaction_id}/payin")
    assert again.status == 422


async def test_what_the_api_would_refuse_is_shown_beside_the_fields(browser: Browser) -> None:
    fields = {**filled(await browser.get("/portal/test/bench")), "requested_amount": "x", "details.first_name": ""}
    fields.pop("csrf")
    refused = await browser.post("/portal/test/bench", **fields)
    assert refused.status == 422
    assert "x is not an amount" in refused.words
    assert "Needed (blank)" in refused.words
    assert 'value="x"' in refused.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2,50", "2,50 can be read as 250 or as 2.50"),
        ("1e3", "1e3 is written with an exponent"),
        ("1 000", "if you mean 1000, write that"),
    ],
)
async def test_an_amount_is_read_in_one_way_or_refused(
    world: World, browser: Browser, typed: str, sentence: str
) -> None:
    fields = {**filled(await browser.get("/portal/test/bench")), "requested_amount": typed, "external_id": "T-1"}
    fields.pop("csrf")
    refused = await browser.post("/portal/test/bench", **fields)
    assert (refused.status, sentence in refused.words) == (422, True)
    assert (await world.client.get("/transactions?external_id=T-1")).object == []


async def test_failures_are_scripted_and_time_is_moved(world: World, browser: Browser) -> None:
    created = await world.funded(ok("08"))
    leg = created["recipients"][0]["id"]
    path = f"/portal/test/bench/transactions/{created['id']}"
    await browser.get("/portal/test/bench")
    done = await browser.post(f"{path}/answer", recipient=leg, code="41", follow=True)
    assert "The simulated bank will answer so." in done.words
    await world.drain()
    assert (await world.show(created))["recipients"][0]["state_reason_details"]["code"] == "41"
    assert (await browser.post(f"{path}/answer", recipient=leg, code="nonsense")).status == 422
    before = await world.now()
    moved = await browser.post("/portal/test/bench/clock", seconds="86400", transaction=created["id"])
    assert moved.location == f"/portal/test/transactions/{created['id']}?done=moved"
    assert (await world.now() - before).total_seconds() == 86400
    await world.drain()
    assert (await world.show(created))["state"] == "refunded"
    assert (await browser.post("/portal/test/bench/clock", seconds="-5")).status == 404


async def test_what_is_no_corridor_has_no_form(browser: Browser) -> None:
    assert (await browser.get("/portal/test/bench?corridor=XXX::Bank")).status == 404
    assert (await browser.post("/portal/test/bench", corridor="XXX::Bank")).status == 404
