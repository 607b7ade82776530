"""The office in a real Chromium: its journeys without scripts, its look, and that nothing hostile runs in it."""

from datetime import UTC, datetime
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from bitpesa.kernel.crypto import one_time_codes
from tests.journeys.world import PERSON, World
from tests.web.backoffice.furnished import QUOTES, SHOUT, furnish
from tests.web.backoffice.officers import ADMINISTRATOR, OPERATOR, at_work, forget_code, in_chromium, officer
from tests.web.kit.browsing import Chromium, grave_findings, is_too_wide
from tests.web.kit.visiting import SECRET

SHOWS_NAMES = (
    "senders",
    "sender",
    "held",
    "held transaction",
    "users",
    "user",
    "movements",
    "balances",
    "hits",
    "lists",
    "audits",
    "audit",
)


async def give_code(page: Page) -> None:
    """Type what the phone shows."""
    step = one_time_codes.step_at(datetime.now(UTC))
    await page.get_by_label("Code").fill(one_time_codes.code_at(SECRET, step))
    await page.get_by_role("button", name="Go on").click()


async def test_a_sender_is_approved_from_the_first_page_on(world: World, chromium: Chromium) -> None:
    furnished = await furnish(world)
    page = await in_chromium(chromium, world.platform, scripts=False)
    await page.goto("/office")
    await page.get_by_role("list", name="Queues").get_by_role("link", name="Senders to check").click()
    await page.get_by_role("link", name=SHOUT).click()
    await expect(page.get_by_role("heading", name="Its papers")).to_be_visible()
    await expect(page.get_by_text("1974-12-24")).to_be_visible()
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("status").filter(has_text="The sender is approved.")).to_be_visible()
    await expect(page.get_by_text("sender.approved")).to_be_visible()
    await page.goto("/office/senders")
    await expect(page.get_by_role("heading", name="Nobody waits")).to_be_visible()
    async with world.platform.database.reading() as conn:
        state = await conn.fetchval("select state from senders where app_id = $1", furnished.checked.id)
    assert state == "approved"


async def test_a_held_transaction_is_released_once_a_code_was_given(world: World, chromium: Chromium) -> None:
    furnished = await furnish(world)
    user = await officer(world.platform, OPERATOR)
    page = await in_chromium(chromium, world.platform, user=user, scripts=False)
    await forget_code(world.platform, user)
    await page.goto("/office/held")
    await page.get_by_role("link", name="T-").click()
    await expect(page.get_by_text("Held: odd")).to_be_visible()
    assert await page.get_by_role("button", name="Release").count() == 0
    await page.get_by_role("link", name="Give a new code to act here").click()
    await give_code(page)
    await page.get_by_label("Reason to release").fill("called the client")
    await page.get_by_role("button", name="Release: pay it out").click()
    await expect(page.get_by_role("status").filter(has_text="Released")).to_be_visible()
    await expect(page.get_by_text("called the client", exact=True)).to_be_visible()
    await world.drain()
    assert (await world.show(furnished.held))["state"] == "paid"


async def test_two_people_make_a_large_deposit(world: World, chromium: Chromium) -> None:
    amina = await in_chromium(chromium, world.platform, scripts=False)
    baraka = await in_chromium(chromium, world.platform, scripts=False)
    await amina.goto(f"/office/apps/{world.app.id}")
    await amina.get_by_role("link", name="Move money").click()
    await amina.get_by_label("Amount").fill("25000.00")
    await amina.get_by_label("Reference of the bank").fill("FT26061ABC")
    await amina.get_by_label("Value date").fill(datetime.now(UTC).date().isoformat())
    await amina.get_by_label("Reason, as the books will say it").fill("invoice 7")
    await amina.get_by_role("button", name="Move it").click()
    await expect(amina.get_by_role("status").filter(has_text="a second person has to confirm it")).to_be_visible()
    await amina.goto("/office/balances")
    await expect(amina.get_by_text("You proposed it")).to_be_visible()
    assert await amina.get_by_role("button", name="Confirm: move the money").count() == 0
    await baraka.goto("/office/balances")
    await expect(baraka.get_by_role("heading", name="Deposit of 25,000.00 USD")).to_be_visible()
    await baraka.get_by_role("button", name="Confirm: move the money").click()
    await expect(baraka.get_by_role("status").filter(has_text="The money is moved.")).to_be_visible()
    assert await world.balance("USD") == 26_000


async def test_a_list_is_loaded_from_a_file_and_a_sender_on_it_is_found(world: World, chromium: Chromium) -> None:
    made = await world.client.post("/senders", {"sender": {**PERSON, "external_id": "S-7", "last_name": "Vex"}})
    page = await in_chromium(chromium, world.platform, ADMINISTRATOR, scripts=False)
    await page.goto("/office")
    await page.get_by_role("link", name="Sanction lists").first.click()
    await expect(page.get_by_role("heading", name="No list is loaded")).to_be_visible()
    csv = b"id,schema,name,aliases,birth_date\nV-1,Person,Jane Vex,,1974-12-24\n"
    await page.get_by_label("File", exact=True).set_input_files(
        {"name": "targets.simple.csv", "mimeType": "text/csv", "buffer": csv}
    )
    await page.get_by_label("What to call it").fill("mine")
    await page.get_by_role("button", name="Load it").click()
    await expect(page.get_by_role("status").filter(has_text="The list is loaded")).to_be_visible()
    await expect(page.get_by_text("A list has changed: every sender is looked up again")).to_be_visible()
    await world.drain()
    assert (await world.client.get(f"/senders/{made.object['id']}")).object["state"] == "rejected"
    await page.get_by_role("link", name="Potential sanctions matches").click()
    await expect(page.get_by_role("link", name="Jane Vex")).to_be_visible()


async def test_rates_are_imported_and_a_far_move_is_confirmed_by_another_person(
    world: World, chromium: Chromium
) -> None:
    amina = await in_chromium(chromium, world.platform, ADMINISTRATOR)
    await amina.goto("/office/rates")
    csv = b"currency,units_per_usd\nNGN,410.5\nXOF,655957\n"
    await amina.get_by_label("File of rates").set_input_files(
        {"name": "rates.csv", "mimeType": "text/csv", "buffer": csv}
    )
    await amina.get_by_role("button", name="Show what it changes").click()
    await expect(amina.get_by_role("heading", name="What the file changes")).to_be_visible()
    assert await grave_findings(amina) == []
    assert not await is_too_wide(amina)
    await amina.get_by_role("button", name="Set these rates").click()
    await expect(amina.get_by_role("status").filter(has_text="those that move far wait")).to_be_visible()
    await expect(amina.get_by_text("You proposed it")).to_be_visible()
    baraka = await in_chromium(chromium, world.platform, ADMINISTRATOR, scripts=False)
    await baraka.goto("/office")
    await baraka.get_by_role("link", name="Rates to confirm").click()
    await expect(baraka.get_by_text("65,595,700 XOF")).to_be_visible()
    await baraka.get_by_role("button", name="Confirm: set the rate of XOF").click()
    await expect(baraka.get_by_role("status").filter(has_text="It is set.")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
async def test_no_page_is_hard_to_use_or_runs_what_is_not_ours(
    world: World, chromium: Chromium, width: int, scheme: Literal["light", "dark"]
) -> None:
    furnished = await furnish(world)
    page = await in_chromium(chromium, world.platform, ADMINISTRATOR, width=width, scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    for name, path in furnished.paths.items():
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, name
        complaints += [f"{name}: {each}" for each in await grave_findings(page)]
        complaints += [f"{name} is too wide"] if await is_too_wide(page) else []
    stranger = await chromium.page(url=world.platform.settings.sandbox_origins[0], width=width, scheme=scheme)
    for path in ("/office/log-in", "/office/lost-password", "/office/lost-password/gone"):
        await stranger.goto(path)
        complaints += [f"{path}: {each}" for each in await grave_findings(stranger)]
        complaints += [f"{path} is too wide"] if await is_too_wide(stranger) else []
    assert complaints == []


async def test_what_clients_write_never_becomes_part_of_a_page(world: World) -> None:
    furnished = await furnish(world)
    async with at_work(world.platform, ADMINISTRATOR) as browser:
        for name, path in furnished.paths.items():
            text = (await browser.get(path)).text
            assert SHOUT not in text, name
            assert QUOTES not in text, name
            assert "<img" not in text, name
            if name in SHOWS_NAMES:
                assert "&lt;script&gt;alert(1)" in text, name
        for path in (f"/office/trail?who={SHOUT}&action={QUOTES}&from={SHOUT}", f"/office/users?who={SHOUT}"):
            text = (await browser.get(path)).text
            assert SHOUT not in text, path
            assert "<img" not in text, path
        answer = await browser.post(
            f"/office/balances/{world.app.id}", direction="deposit", amount=SHOUT, currency=QUOTES, reason=SHOUT
        )
        assert (answer.status, SHOUT in answer.text, "<img" in answer.text) == (422, False, False)
        policy = (await browser.get("/office")).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
