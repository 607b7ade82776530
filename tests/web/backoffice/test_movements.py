"""Deposits and withdrawals: one person up to an amount, two beyond it, and never the same one twice."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from bitpesa.money.accounts import queries
from bitpesa.ops.bookkeeping.integrity import audit
from bitpesa.tenants.audit_log import queries as trail
from bitpesa.tenants.audit_log.model import Filters
from bitpesa.tenants.users.model import User
from tests.journeys.world import World
from tests.web.backoffice.officers import OPERATOR, at_work, officer
from tests.web.kit.visiting import Browser, Shown


class Two:
    """Two operators at their browsers."""

    def __init__(self, world: World, amina: Browser, baraka: Browser, users: tuple[User, User]) -> None:
        self.world, self.amina, self.baraka, self.users = world, amina, baraka, users
        self.transfers = 0
        self.path = f"/office/balances/{world.app.id}"

    async def move(self, by: Browser, direction: str, amount: str, currency: str = "USD", **more: str) -> Shown:
        """Move money by a transfer with a reference of its own, on another day each time."""
        self.transfers += 1
        told = {
            "reason": "invoice 7",
            "bank_reference": f"FT-{self.transfers}",
            "value_date": (datetime.now(UTC).date() - timedelta(days=self.transfers)).isoformat(),
            "is_another": "yes",
        }
        return await by.post(self.path, direction=direction, amount=amount, currency=currency, **{**told, **more})

    async def waiting(self) -> list[Any]:
        async with self.world.platform.database.reading() as conn:
            return (await queries.movements_waiting(conn, limit=100))[0]

    async def did(self, action: str) -> int:
        async with self.world.platform.database.reading() as conn:
            return (await trail.list_page(conn, Filters(action=action), limit=1))[1]


@pytest.fixture
async def two(world: World) -> Any:
    users = await officer(world.platform, OPERATOR), await officer(world.platform, OPERATOR)
    async with at_work(world.platform, user=users[0]) as amina, at_work(world.platform, user=users[1]) as baraka:
        await amina.get("/office")
        await baraka.get("/office")
        yield Two(world, amina, baraka, users)


async def test_a_small_deposit_is_made_at_once(two: Two) -> None:
    before = await two.world.balance("USD")
    assert (await two.move(two.amina, "deposit", "250.50")).location == f"{two.path}?done=moved"
    assert await two.world.balance("USD") == before + Decimal("250.50")
    assert await two.waiting() == []
    assert await two.did("deposit.made") == 1


async def test_a_large_one_waits_for_somebody_else(two: Two) -> None:
    before = await two.world.balance("USD")
    assert (await two.move(two.amina, "deposit", "1000.01")).location == f"{two.path}?done=proposed"
    assert await two.world.balance("USD") == before
    (movement,) = await two.waiting()
    confirm = f"{two.path}/{movement.id}/confirm"
    own = await two.amina.post(confirm)
    assert (own.status, "a second person has to" in own.words) == (422, True)
    assert await two.world.balance("USD") == before
    assert (await two.baraka.post(confirm)).location == f"{two.path}?done=moved"
    assert str(await two.world.balance("USD")) == "2000.01"
    again = await two.baraka.post(confirm)
    assert (again.status, "is made already" in again.words) == (422, True)
    assert str(await two.world.balance("USD")) == "2000.01"
    async with two.world.platform.database.reading() as conn:
        ((made,), _) = await trail.list_page(conn, Filters(action="deposit.made"), limit=1)
        ((proposed,), _) = await trail.list_page(conn, Filters(action="deposit.proposed"), limit=1)
    assert [proposed.actor.id, made.actor.id] == [user.id for user in two.users]


async def test_pieces_of_a_large_one_are_added_up(two: Two) -> None:
    assert (await two.move(two.amina, "deposit", "600")).location == f"{two.path}?done=moved"
    assert (await two.move(two.amina, "withdrawal", "400")).location == f"{two.path}?done=moved"
    assert (await two.move(two.amina, "deposit", "1")).location == f"{two.path}?done=proposed"
    assert (await two.move(two.baraka, "deposit", "600")).location == f"{two.path}?done=moved"


async def test_a_withdrawal_takes_no_more_than_there_is(two: Two) -> None:
    short = await two.move(two.amina, "withdrawal", "100.01", "GBP")
    assert (short.status, "The balance is too low" in short.words) == (422, True)
    assert (await two.move(two.amina, "withdrawal", "100", "GBP")).location == f"{two.path}?done=moved"
    assert await two.world.balance("GBP") == 0
    assert (await two.move(two.amina, "withdrawal", "1000000", "NGN")).location == f"{two.path}?done=proposed"
    (movement,) = await two.waiting()
    await two.move(two.baraka, "withdrawal", "1", "NGN")
    short = await two.baraka.post(f"{two.path}/{movement.id}/confirm")
    assert (short.status, "too low" in short.words) == (422, True)
    assert [each.id for each in await two.waiting()] == [movement.id], "it waits on, for the money or a refusal"


async def test_what_waits_is_refused_or_taken_back_with_a_reason(two: Two) -> None:
    for by in (two.amina, two.baraka):
        await two.move(two.amina, "deposit", "5000")
        (movement,) = await two.waiting()
        assert (await by.post(f"{two.path}/{movement.id}/refuse", reason="")).status == 422
        assert (
            await by.post(f"{two.path}/{movement.id}/refuse", reason="twice")
        ).location == f"{two.path}?done=refused"
        assert (await two.baraka.post(f"{two.path}/{movement.id}/confirm")).status == 422
    assert await two.world.balance("USD") == 1000
    assert await two.did("deposit.refused") == 2


@pytest.mark.parametrize(
    ("amount", "currency", "reason"),
    [("", "USD", "x"), ("-1", "USD", "x"), ("1.001", "USD", "x"), ("1", "US", "x"), ("1", "", "x"), ("1", "USD", " ")],
)
async def test_nonsense_is_refused(two: Two, amount: str, currency: str, reason: str) -> None:
    assert (await two.move(two.amina, "deposit", amount, currency, reason=reason)).status == 422
    assert await two.waiting() == []


async def test_what_has_no_rate_takes_two(two: Two) -> None:
    assert (await two.move(two.amina, "deposit", "1", "ZMW")).location == f"{two.path}?done=proposed"


async def test_a_movement_of_another_app_is_not_there(two: Two) -> None:
    await two.move(two.amina, "deposit", "5000")
    (movement,) = await two.waiting()
    other, _ = await two.world.open_app()
    assert (await two.baraka.post(f"/office/balances/{other.id}/{movement.id}/confirm")).status == 404


async def test_the_database_itself_wants_two(two: Two) -> None:
    await two.move(two.amina, "deposit", "5000")

    async def forge(work: Any) -> None:
        await work.conn.execute("update movements set state = 'made', decided_by = proposed_by, decider = 'amina'")

    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await two.world.platform.database.run(forge)
    assert refusal.value.constraint_name == "two_people_make_a_movement"


async def test_the_audit_sees_a_movement_that_is_not_in_the_books(two: Two) -> None:
    await two.move(two.amina, "deposit", "5000")
    (movement,) = await two.waiting()

    async def write(state: str) -> Any:
        async def make(work: Any) -> None:
            await work.conn.execute(
                "update movements set state = $1, decided_by = $2, decider = 'baraka'", state, two.users[1].id
            )

        await two.world.platform.database.run(make)
        async with two.world.platform.database.reading() as conn:
            return (await audit(conn)).disagreements

    (found,) = await write("made")
    assert (found.id, found.check) == (str(movement.id), "the books hold what the states call for")
    assert await write("refused") == ()


@pytest.mark.parametrize("amount", ["92000000000000000", "10000000000000000.01", "999999999999999999"])
async def test_an_amount_beyond_the_books_is_refused_on_the_page(two: Two, amount: str) -> None:
    before = await two.world.balance("USD")
    for direction in ("deposit", "withdrawal"):
        shown = await two.move(two.amina, direction, amount)
        assert shown.status == 422
        assert "greater" in shown.text or "more than" in shown.text
    assert await two.waiting() == []
    assert await two.world.balance("USD") == before


async def test_what_two_people_move_together_has_a_bound_too(two: Two) -> None:
    for _ in range(3):
        await two.move(two.amina, "deposit", "10000000000000000")
    made = [await two.baraka.post(f"{two.path}/{each.id}/confirm") for each in await two.waiting()]
    assert [shown.status for shown in made] == [303, 422, 422]
    assert len(await two.waiting()) == 2
