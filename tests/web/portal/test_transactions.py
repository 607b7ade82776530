from collections.abc import AsyncIterator

import pytest

from tests.journeys.world import World, ok
from tests.web.kit.visiting import Browser, signed_in


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with signed_in(world.platform, world.app.organisation_id) as browser:
        yield browser


async def test_a_payment_that_waits_is_paid_from_the_balance_after_a_question(world: World, browser: Browser) -> None:
    created = await world.transaction(ok("00"), external_id="T-1")
    page = await browser.get(f"/portal/test/transactions/{created['id']}")
    assert "Cancelled unless paid by 02 Mar 2026, 10:00:00 UTC: in 60 min 00 s" in page.words
    assert "John Doe 12345678900 NGN::Bank 10,000 NGN 10,000 NGN Pending" in page.words
    question = await browser.get(f"/portal/test/transactions/{created['id']}/fund")
    assert "Your balance now 1,000.00 USD Afterwards 975.00 USD" in question.words
    assert (await world.show(created))["state"] == "approved"
    done = await browser.post(f"/portal/test/transactions/{created['id']}/fund", follow=True)
    assert "Paid from your balance" in done.words
    await world.drain()
    assert (await world.show(created))["state"] == "paid"
    again = await browser.post(f"/portal/test/transactions/{created['id']}/fund")
    assert again.status == 422
    assert "Transaction already funded" in again.words
    assert await world.balance("USD") == 975


async def test_more_than_the_balance_is_refused_as_the_api_does(world: World, browser: Browser) -> None:
    created = await world.transaction(ok("00", 900000))
    question = await browser.get(f"/portal/test/transactions/{created['id']}/fund")
    assert "The balance is too low for this." in question.words
    refused = await browser.post(f"/portal/test/transactions/{created['id']}/fund")
    assert refused.status == 422
    assert "The balance is too low (insufficient_balance)" in refused.words
    assert (await world.show(created))["state"] == "approved"


async def test_a_recipient_is_edited_by_the_fields_of_its_corridor(world: World, browser: Browser) -> None:
    created = await world.funded(ok("08"))
    path = f"/portal/test/recipients/{created['recipients'][0]['id']}/edit"
    form = await browser.get(path)
    assert "The payout is tried again at once" in form.words
    assert 'name="bank_account" type="text" value="12345678908"' in form.text
    assert "Guaranty Trust Bank" in form.words
    wrong = await browser.post(path, bank_code="nobody", bank_account="12345678900")
    assert wrong.status == 422
    assert "Not one of the choices (inclusion)" in wrong.words
    assert 'value="12345678900"' in wrong.text
    done = await browser.post(path, bank_account="12345678900")
    assert done.location == f"/portal/test/transactions/{created['id']}?done=edited"
    await world.drain()
    shown = await world.show(created)
    assert shown["state"] == "paid"
    assert shown["recipients"][0]["payout_method"]["details"]["first_name"] == "John"
    closed = await browser.post(path, bank_account="1")
    assert closed.status == 422
    assert "Recipient is not editable" in closed.words


async def test_a_pending_payout_is_cancelled_when_its_provider_says_so(world: World, browser: Browser) -> None:
    created = await world.funded(ok("01"))
    leg = created["recipients"][0]["id"]
    question = await browser.get(f"/portal/test/recipients/{leg}/cancel")
    assert "25.00 USD come back if the provider says that it was not paid" in question.words
    noted = await browser.post(f"/portal/test/recipients/{leg}/cancel", follow=True)
    assert "The cancellation is noted" in noted.words
    assert "Cancellation requested" in noted.words or "cancellation requested" in noted.words
    await world.bank_says(leg, "41")
    assert (await world.show(created))["state"] == "refunded"
    late = await browser.post(f"/portal/test/recipients/{leg}/cancel")
    assert late.status == 422
    assert "Recipient cannot be cancelled" in late.words


async def test_a_receipt_is_there_once_it_was_paid(world: World, browser: Browser) -> None:
    created = await world.funded(ok("00"), ok("08"))
    paid, failed = (leg["id"] for leg in created["recipients"])
    page = await browser.get(f"/portal/test/transactions/{created['id']}")
    assert f"/portal/test/recipients/{paid}/receipt" in page.text
    assert f"/portal/test/recipients/{failed}/receipt" not in page.text
    link = (await browser.get(f"/portal/test/recipients/{paid}/receipt")).location
    assert link is not None
    status, headers, content = await world.fetch_file(f"{browser.root}{link}")
    assert (status, headers["Content-Type"], content[:5]) == (200, "application/pdf", b"%PDF-")
    assert (await browser.get(f"/portal/test/recipients/{failed}/receipt")).status == 404


async def test_the_story_tells_of_money_attempts_events_and_webhooks(world: World, browser: Browser) -> None:
    created = await world.funded(ok("08"))
    words = (await browser.get(f"/portal/test/transactions/{created['id']}")).words
    story = words.partition("What happened")[2]
    told = [
        "transaction.created Approved",
        "Debit 25.00 USD",
        "balance to held",
        "transaction.paid_in In progress",
        "Handed to simulator",
        "simulator answered 3 Temporary error",
        "recipient.error Error",
        f"Webhook {world.receiver.url} : delivered, 1 try",
    ]
    assert [each for each in told if each not in story] == []
    assert story.index("transaction.created") < story.index("Debit") < story.index("Handed") < story.index("answered")
