from collections.abc import AsyncIterator
from typing import Any

import pytest

from bitpesa.tenants.users.model import Permission
from tests.journeys.collecting import XOF, collection, payer_answers, pays, state_of, to_balance
from tests.journeys.world import World
from tests.web.kit.visiting import Browser, signed_in

GHS = {"type": "GHS::Mobile", "phone_number": "+233548689441", "mobile_provider": "mtn"}
SENT = GHS | {"ux_flow": "otp_verified_ussd_popup"}
BROUGHT = {"type": "XOF::Mobile", "phone_number": "+221771234705", "mobile_provider": "orange", "country": "SN"}
TRANSFER = {"type": "NGN::Bank", "ux_flow": "bank_transfer"}
PAGE = {"type": "NGN::Bank", "ux_flow": "http_redirect", "redirect_url": "https://example.com/back"}
FAILED = "412"


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id, [Permission.PERSONAL_DATA_READ]) as browser:
        yield browser


async def collecting(world: World, *methods: dict[str, Any], amount: int = 300) -> tuple[dict[str, Any], str]:
    """A transaction that collects, with what is due done, and the portal's path of its first payin method."""
    created = await collection(world, to_balance(amount, methods[0]["type"][:3]), *methods)
    await world.drain()
    return created, f"/portal/test/payin_methods/{created['payin_methods'][0]['id']}"


async def test_the_page_says_what_the_payer_is_told_and_what_came(world: World, browser: Browser) -> None:
    created, _ = await collecting(world, TRANSFER | {"account_name": "Ada"}, amount=40000)
    page = await browser.get(f"/portal/test/transactions/{created['id']}")
    shown = (await world.show(created))["payin_methods"][0]
    told = shown["out_details"]
    assert "NGN::Bank bank_transfer 0 NGN Pending" in page.words
    assert f"Account number {told['account_number']}" in page.words
    assert f'<a href="{told["checkout_url"]}" rel="noreferrer">' in page.text
    assert f"Bank transfer. {shown['instructions']['Bank transfer']}" in page.words
    assert "Account name Ada" in page.words
    assert "Own USD balance" in page.words
    assert "What came" not in page.words
    await pays(world, created, 40000)
    paid = await browser.get(f"/portal/test/transactions/{created['id']}")
    assert "NGN::Bank bank_transfer 40,000 NGN Paid" in paid.words
    assert "40,000 NGN funds the transaction" in paid.words
    assert "What the payer is told" not in paid.words


async def test_another_amount_and_money_that_came_twice_are_shown(world: World, browser: Browser) -> None:
    created, _ = await collecting(world, XOF, amount=40000)
    await pays(world, created, 39000)
    await pays(world, created, 40000)
    path = f"/portal/test/transactions/{created['id']}"
    page = await browser.get(path)
    assert "The payer paid another amount than was asked for." in page.words
    assert "40,000 XOF too much." in page.words
    assert "39,000 XOF funds the transaction" in page.words
    assert "40,000 XOF goes back to the payer" in page.words
    assert "Surplus 40,000 XOF 02 Mar 2026, 09:00:00 bank to surplus" in page.words
    back = await browser.post(f"/portal/test/bench{path.removeprefix('/portal/test')}/return", follow=True)
    assert "What waited for it went back to its payer." in back.words
    assert "40,000 XOF sent back" in back.words
    assert "too much" not in back.words
    assert (await browser.post(f"/portal/test/bench{path.removeprefix('/portal/test')}/return")).status == 422


@pytest.mark.parametrize("method", [SENT, BROUGHT])
async def test_the_code_that_a_flow_waits_for_is_entered(
    world: World, browser: Browser, method: dict[str, Any]
) -> None:
    created, path = await collecting(world, method)
    assert await state_of(world, created) == ("approved", "incomplete")
    page = await browser.get(f"/portal/test/transactions/{created['id']}")
    assert f'href="{path}/edit"' in page.text
    assert "Enter the code" in page.words
    form = await browser.get(f"{path}/edit")
    assert "The payer is asked as soon as the code is right." in form.words
    known = {name: method[name] for name in ("phone_number", "mobile_provider")}
    done = await browser.post(f"{path}/edit", otp="123456", **known, follow=True)
    assert "The payer is asked now." in done.words
    await world.drain()
    assert (await state_of(world, created))[1] == "pending"


async def test_a_wrong_code_is_said_beside_its_field(world: World, browser: Browser) -> None:
    created, path = await collecting(world, SENT)
    fields = {"phone_number": SENT["phone_number"], "mobile_provider": "mtn", "otp": "000000"}
    wrong = await browser.post(f"{path}/edit", **fields)
    assert wrong.status == 422
    below = wrong.text.partition('id="below-otp"')[2].partition("</div>")[0]
    assert "Not valid (invalid)" in below
    assert 'value="000000"' in wrong.text
    nothing = await browser.post(f"{path}/edit", **(fields | {"otp": ""}), follow=True)
    assert "Incomplete" in nothing.words
    assert await state_of(world, created) == ("approved", "incomplete")


async def test_a_failed_collection_is_asked_for_again_as_it_is_or_with_other_details(
    world: World, browser: Browser
) -> None:
    created, path = await collecting(world, XOF)
    early = await browser.post(f"{path}/retry")
    assert early.status == 422
    assert "Payin method cannot be retried" in early.words
    await payer_answers(world, created, FAILED)
    page = await browser.get(f"/portal/test/transactions/{created['id']}")
    assert "412 Invalid mobile number" in page.words
    again = await browser.post(f"{path}/retry", follow=True)
    assert "The payer is asked now." in again.words
    await world.drain()
    assert (await state_of(world, created))[1] == "pending"

    await payer_answers(world, created, FAILED)
    blank = await browser.post(f"{path}/edit", phone_number="", mobile_provider="mtn", country="CI")
    assert blank.status == 422
    assert "Needed (blank)" in blank.text.partition('id="below-phone_number"')[2].partition("</div>")[0]
    number = "+2250102030400"
    edited = await browser.post(f"{path}/edit", phone_number=number, mobile_provider="mtn", country="CI")
    assert edited.location == f"/portal/test/transactions/{created['id']}?done=payer_asked"
    await world.drain()
    assert await state_of(world, created) == ("paid", "success")
    closed = await browser.post(f"{path}/edit", phone_number=number, mobile_provider="mtn", country="CI")
    assert closed.status == 422
    assert "Payin method is not editable" in closed.words


async def test_a_failure_whose_time_is_over_is_neither_retried_nor_edited(world: World, browser: Browser) -> None:
    created, path = await collecting(world, XOF)
    await payer_answers(world, created, FAILED)
    page = f"/portal/test/transactions/{created['id']}"
    assert "Ask the payer again" in (await browser.get(page)).words
    await world.advance(hours=2)
    words = (await browser.get(page)).words
    assert "Ask the payer again" not in words
    assert "Edit details of XOF::Mobile" not in words
    assert (await browser.post(f"{path}/retry")).status == 422


async def test_a_collection_is_cancelled_after_a_question(world: World, browser: Browser) -> None:
    created, path = await collecting(world, TRANSFER, PAGE, amount=40000)
    question = await browser.get(f"{path}/cancel")
    assert "1 other way to pay stays open." in question.words
    assert (await state_of(world, created))[1:] == ("pending", "pending")
    done = await browser.post(f"{path}/cancel", follow=True)
    assert "The collection is cancelled." in done.words
    assert (await state_of(world, created))[1:] == ("canceled", "pending")
    again = await browser.post(f"{path}/cancel")
    assert again.status == 422
    assert "Payin method cannot be cancelled" in again.words


async def test_what_the_sandbox_added_by_itself_has_nothing_to_edit(world: World, browser: Browser) -> None:
    created = await collection(world, to_balance(300), XOF)
    path = f"/transactions/{created['id']}/payin"
    assert (await world.client.post(path, {"payin_method": {"type": "NGN::Bank"}})).status == 200
    added = (await world.show(created))["payin_methods"][1]["id"]
    page = await browser.get(f"/portal/test/transactions/{created['id']}")
    assert f"/portal/test/payin_methods/{added}/edit" not in page.text
    assert (
        "has no details that could be changed" in (await browser.get(f"/portal/test/payin_methods/{added}/edit")).words
    )
