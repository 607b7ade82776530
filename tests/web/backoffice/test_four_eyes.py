"""One person with two accounts is one person: at movements and at rates alike."""

from collections.abc import AsyncIterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import asyncpg
import pytest

from bitpesa.money.accounts import queries as accounts
from bitpesa.money.rates import queries as rates
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters, staff
from bitpesa.tenants.users.model import User
from bitpesa.tenants.users.operations import authenticator
from bitpesa.tenants.users.operations import user as users
from tests.journeys.world import World
from tests.web.backoffice.officers import ADMINISTRATOR, at_work, officer
from tests.web.backoffice.test_accounts_of_staff import enrol, staff_named
from tests.web.backoffice.test_movements import Two
from tests.web.kit.visiting import Browser, File, Shown

OLD_NGN = 400


class Office:
    """Two administrators at their browsers, and puppets that either makes."""

    def __init__(self, world: World, amina: Browser, baraka: Browser, people: tuple[User, User]) -> None:
        self.world, self.amina, self.baraka, self.people = world, amina, baraka, people

    async def ngn(self) -> Fraction:
        async with self.world.platform.database.reading() as conn:
            return (await rates.current_rates(conn, Decimal(0))).mid("USD", "NGN")

    async def proposals(self) -> list[Any]:
        async with self.world.platform.database.reading() as conn:
            return await rates.waiting_proposals(conn)

    async def propose(self, by: Browser, units: str = "655.957") -> str:
        """Propose a rate far from the one in force, and answer where it is decided."""
        sent = await by.post("/office/rates/NGN", units=units, quoted="units")
        assert sent.location == "/office/rates/NGN?done=proposed", sent.words
        return f"/office/rates/proposals/{(await self.proposals())[0].id}"

    async def puppet(self, maker: Browser, email: str = "puppet@example.com") -> User:
        """Somebody whose account an administrator made just now."""
        await maker.get("/office/staff")
        await maker.post("/office/staff", name="Puppet", email=email, role="administrator")
        made = await staff_named(self.world, email)
        await enrol(self.world, made)
        return await staff_named(self.world, email)

    async def later(self) -> None:
        """Let what was done to accounts be two days old."""

        async def make(work: Any) -> None:
            await work.conn.execute("update access_changes set changed_at = changed_at - interval '2 days'")

        await self.world.platform.database.run(make)


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    people = await officer(world.platform, ADMINISTRATOR), await officer(world.platform, ADMINISTRATOR)
    async with at_work(world.platform, user=people[0]) as amina, at_work(world.platform, user=people[1]) as baraka:
        await amina.get("/office")
        await baraka.get("/office")
        yield Office(world, amina, baraka, people)


async def pressed(world: World, user: User, path: str) -> Shown:
    async with at_work(world.platform, user=user) as browser:
        await browser.get("/office")
        return await browser.post(path)


# -- accounts


async def test_an_administrator_makes_no_second_pair_of_eyes_for_a_movement(office: Office) -> None:
    two = Two(office.world, office.amina, office.baraka, office.people)
    assert (await two.move(two.amina, "deposit", "50000")).location == f"{two.path}?done=proposed"
    (movement,) = await two.waiting()
    puppet = await office.puppet(office.amina)
    confirm = f"{two.path}/{movement.id}/confirm"
    refused = await pressed(office.world, puppet, confirm)
    assert (refused.status, "does not count as a second person" in refused.words) == (422, True)
    await office.later()
    refused = await pressed(office.world, puppet, confirm)
    assert f"the account was created by {office.people[0].email}" in refused.words, "however long ago"
    assert await office.world.balance("USD") == 1000
    assert (await two.baraka.post(confirm)).location == f"{two.path}?done=moved"
    async with office.world.platform.database.reading() as conn:
        ((made,), _) = await trail.list_page(conn, Filters(action="deposit.made"), limit=1)
    assert (made.actor.name, made.details["proposed_by"]) == (office.people[1].email, office.people[0].email)


async def test_a_puppet_proposes_nothing_for_its_maker_to_confirm(office: Office) -> None:
    puppet = await office.puppet(office.amina)
    await office.later()
    async with at_work(office.world.platform, user=puppet) as browser:
        await browser.get("/office")
        decide = await office.propose(browser)
    refused = await office.amina.post(f"{decide}/confirm")
    assert (refused.status, "puppet@example.com was created by" in refused.words) == (422, True)
    assert await office.ngn() == OLD_NGN
    assert (await office.baraka.post(f"{decide}/confirm")).location == "/office/rates?done=set"


@pytest.mark.parametrize("act", ["enable", "reset-mfa", "link"])
async def test_an_account_that_was_taken_over_does_not_count(office: Office, act: str) -> None:
    decide = await office.propose(office.amina)
    other = office.people[1]
    by = staff(office.people[0].email, office.people[0].id)
    if act == "enable":
        await office.world.platform.database.run(users.enable, by, other)
    elif act == "reset-mfa":
        await office.world.platform.database.run(authenticator.reset, by, other)
        await enrol(office.world, other)
    else:
        shown = await office.amina.post(f"/office/staff/{other.id}", act="link")
        assert ("/lost-password/" in shown.text, "BITPESA_SMTP_HOST" in shown.words) == (False, True)
        return  # without a mail server no link was made, so nothing was taken over
    await office.later()
    refused = await pressed(office.world, other, f"{decide}/confirm")
    assert (refused.status, "does not count as a second person" in refused.words) == (422, True)
    assert await office.ngn() == OLD_NGN


async def test_an_account_that_anybody_opened_today_does_not_count_yet(office: Office) -> None:
    decide = await office.propose(office.amina)
    puppet = await office.puppet(office.baraka)
    refused = await pressed(office.world, puppet, f"{decide}/confirm")
    assert (refused.status, "does not count as a second person before" in refused.words) == (422, True)
    await office.later()
    assert (await pressed(office.world, puppet, f"{decide}/confirm")).location == "/office/rates?done=set"


# -- rates


async def test_a_decimal_comma_sets_no_rate_and_the_refusal_shows_both_readings(office: Office) -> None:
    shown = await office.amina.post("/office/rates/NGN", units="655,957", quoted="units")
    assert (shown.status, "655,957 can be read as 655957 or as 655.957" in shown.words) == (422, True)
    assert await office.ngn() == OLD_NGN
    assert await office.proposals() == []


async def test_a_rate_that_moves_far_waits_for_somebody_else_and_shows_what_100_come_to(office: Office) -> None:
    decide = await office.propose(office.amina)
    assert await office.ngn() == OLD_NGN
    page = await office.baraka.get("/office/rates")
    for words in ("100 USD come to 40,000 NGN 65,595.7 NGN", "100 NGN come to 0.25 USD 0.15244902 USD", "(+64.0 %)"):
        assert words in page.words
    own = await office.amina.post(f"{decide}/confirm")
    assert (own.status, "a second person has to" in own.words) == (422, True)
    assert (await office.baraka.post(f"{decide}/confirm")).location == "/office/rates?done=set"
    assert await office.ngn() == Fraction("655.957")
    again = await office.baraka.post(f"{decide}/confirm")
    assert (again.status, "is confirmed already" in again.words) == (422, True)
    async with office.world.platform.database.reading() as conn:
        ((entry,), _) = await trail.list_page(conn, Filters(action="rate.confirmed"), limit=1)
    assert (entry.actor.name, entry.details["proposed_by"]) == (office.people[1].email, office.people[0].email)


@pytest.mark.parametrize(("units", "done"), [("440", "set"), ("440.01", "proposed"), ("363.63", "proposed")])
async def test_how_far_one_person_moves_a_rate(office: Office, units: str, done: str) -> None:
    assert (await office.amina.post("/office/rates/NGN", units=units)).location == f"/office/rates/NGN?done={done}"


async def test_a_large_move_stays_large_in_pieces_and_begins_anew_once_confirmed(office: Office) -> None:
    assert (await office.amina.post("/office/rates/NGN", units="435")).location == "/office/rates/NGN?done=set"
    decide = await office.propose(office.amina, "460")
    assert (await office.baraka.post(f"{decide}/confirm")).location == "/office/rates?done=set"
    assert (await office.amina.post("/office/rates/NGN", units="490")).location == "/office/rates/NGN?done=set"


async def test_a_rate_that_changed_meanwhile_is_not_set_over(office: Office) -> None:
    decide = await office.propose(office.amina)
    assert (await office.baraka.post("/office/rates/NGN", units="410")).location == "/office/rates/NGN?done=set"
    late = await office.baraka.post(f"{decide}/confirm")
    assert (late.status, "is replaced already" in late.words) == (422, True)
    assert await office.ngn() == 410


async def test_a_proposed_rate_is_refused_or_taken_back_with_a_reason(office: Office) -> None:
    for by in (office.amina, office.baraka):
        decide = await office.propose(office.amina)
        assert (await by.post(f"{decide}/refuse", reason="")).status == 422
        assert (await by.post(f"{decide}/refuse", reason="mistyped")).location == "/office/rates?done=refused"
    assert await office.proposals() == []
    assert await office.ngn() == OLD_NGN


async def test_the_database_itself_wants_two_for_a_rate(office: Office) -> None:
    await office.propose(office.amina)

    async def forge(work: Any) -> None:
        await work.conn.execute(
            "update rate_proposals set state = 'confirmed', decided_by = proposed_by, decider = proposer"
        )

    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await office.world.platform.database.run(forge)
    assert refusal.value.constraint_name == "two_people_confirm_a_rate"


# -- files of rates

PLAIN = "currency,units_per_usd\nNGN,410.5\nGHS,15.5\nXOF,655957\nZZZ,1\n"


async def test_a_file_of_rates_is_shown_first_and_far_moves_wait(office: Office) -> None:
    shown = await office.amina.post("/office/rates/import", file=File("rates.csv", PLAIN.encode()))
    assert shown.status == 200, shown.words
    for words in ("nothing is set yet", "1 of 3 rates moves", "Not currencies of this platform: ZZZ", "+2.6 %"):
        assert words in shown.words, shown.words
    assert await office.ngn() == OLD_NGN
    quotes = [part.partition('"')[0] for part in shown.text.split('name="quote" value="')[1:]]
    applied = await office.amina.post("/office/rates/import/apply", source="CSV", quote=quotes)
    assert applied.location == "/office/rates?done=imported", applied.words
    assert await office.ngn() == Fraction("410.5")
    assert [each.quote.currency for each in await office.proposals()] == ["XOF"]
    stale = await office.amina.post("/office/rates/import/apply", source="CSV", quote=quotes)
    assert (stale.status, "has changed since the preview" in stale.words) == (422, True)


@pytest.mark.parametrize("quote", ["", "NGN", "NGN x 1", "NGN 1 0", "NGN 1 1 1/0", "NGN 1 1 1 1", "USD 2 1", "QQQ 1 1"])
async def test_nonsense_in_place_of_a_preview_sets_nothing(office: Office, quote: str) -> None:
    sent = await office.amina.post("/office/rates/import/apply", source="CSV", quote=[quote])
    assert sent.status in (404, 422)
    assert await office.ngn() == OLD_NGN


async def test_a_file_that_can_be_read_in_two_ways_is_refused_with_its_line(office: Office) -> None:
    file = File("rates.csv", b"currency;units_per_usd\nNGN;1450,11\n")
    shown = await office.amina.post("/office/rates/import", file=file)
    assert (shown.status, "Line 2, NGN: 1450,11 can be read as 145011 or as 1450.11" in shown.words) == (422, True)
    said = await office.amina.post("/office/rates/import", file=file, decimal_comma="yes")
    assert (said.status, "1450.11" in said.words) == (200, True)


# -- the bank's references


async def test_a_wire_is_booked_once_whoever_its_client_is(office: Office) -> None:
    two = Two(office.world, office.amina, office.baraka, office.people)
    assert (await two.move(two.amina, "deposit", "10", bank_reference="FT 26061-abc")).status == 303
    twice = await two.move(two.baraka, "deposit", "10", bank_reference="ft26061ABC")
    assert (twice.status, "FT 26061-abc is booked already" in twice.words) == (422, True)
    other, _ = await office.world.open_app()
    two.path = f"/office/balances/{other.id}"
    elsewhere = await two.move(two.baraka, "deposit", "10", bank_reference="FT26061ABC")
    assert (elsewhere.status, "is booked already" in elsewhere.words) == (422, True)
    assert (await two.move(two.amina, "deposit", "10", "EUR", bank_reference="FT26061ABC")).status == 303
    assert (await two.move(two.amina, "withdrawal", "1", "EUR", bank_reference="FT26061ABC")).status == 303
    assert await office.world.balance("USD") == 1010


async def test_the_same_client_amount_and_day_are_asked_about(office: Office) -> None:
    two = Two(office.world, office.amina, office.baraka, office.people)
    assert (await two.move(two.amina, "deposit", "10")).status == 303
    asked = await two.move(two.amina, "deposit", "10", is_another="")
    assert (asked.status, "The same client, amount and day are booked already" in asked.words) == (422, True)
    assert 'name="is_another"' in asked.text
    assert await office.world.balance("USD") == 1010
    assert (await two.move(two.amina, "deposit", "10", is_another="yes")).status == 303
    assert (await two.move(two.amina, "deposit", "11", is_another="")).status == 303
    assert await office.world.balance("USD") == 1031


async def test_a_refused_movement_gives_its_reference_back(office: Office) -> None:
    two = Two(office.world, office.amina, office.baraka, office.people)
    for _ in range(2):
        assert (
            await two.move(two.amina, "deposit", "5000", bank_reference="FT1")
        ).location == f"{two.path}?done=proposed"
        (movement,) = await two.waiting()
        await two.amina.post(f"{two.path}/{movement.id}/refuse", reason="mistyped")


async def test_who_confirms_sees_environment_client_account_and_reference(office: Office) -> None:
    two = Two(office.world, office.amina, office.baraka, office.people)
    await two.move(two.amina, "deposit", "5000", bank_reference="FT26061ABC", value_date="")
    shown = await two.amina.get(two.path)
    assert "FT26061ABC" not in shown.words, "a value date is needed"
    await two.move(two.amina, "deposit", "5000", bank_reference="FT26061ABC")
    page = await office.baraka.get("/office/balances")
    for words in (
        "Environment sandbox",
        "Client",
        "Bank account sandbox, USD",
        "Bank reference FT26061ABC",
        "Value date",
    ):
        assert words in page.words
    async with office.world.platform.database.reading() as conn:
        ((movement,), _) = await accounts.movements_waiting(conn, limit=5)
    assert movement.line.reference == "FT26061ABC"
