from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from bitpesa.api_support.soft_limits import queries, rules
from bitpesa.api_support.soft_limits.counter import Counter

APP = uuid4()
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = rules.day_of(rules.ACCOUNTS, AT)
TOMORROW = rules.day_of(rules.ACCOUNTS, AT + timedelta(days=1))


async def used(database, at=AT):
    async with database.reading() as conn:
        return (await queries.used_on_day(conn, APP, at))[rules.ACCOUNTS]


async def test_calls_are_counted_per_app_and_window(database):
    counter = Counter(database)
    assert [counter.count(APP, TODAY) for _ in range(3)] == [1, 2, 3]
    assert counter.count(uuid4(), TODAY) == 1
    assert counter.count(APP, TOMORROW) == 1
    assert await counter.write() == 3
    assert counter.count(APP, TODAY) == 4
    assert await used(database) == 3
    await counter.write()
    assert await counter.write() == 0
    assert (await used(database), await used(database, AT + timedelta(days=1))) == (4, 1)


async def test_processes_learn_of_each_other_when_they_write(database):
    one, other = Counter(database), Counter(database)
    for _ in range(3):
        one.count(APP, TODAY)
        other.count(APP, TODAY)
    await one.write()
    await other.write()
    assert other.count(APP, TODAY) == 7
    assert one.count(APP, TODAY) == 4
    await one.write()
    assert one.count(APP, TODAY) == 8
    await other.write()
    await one.write()
    assert await used(database) == 9


async def test_what_a_process_forgets_it_learns_again(database):
    counter = Counter(database, most_remembered=2)
    counter.count(APP, TODAY)
    await counter.write()
    for number in range(5):
        counter.count(UUID(int=number), TODAY)
        await counter.write()
    assert len(counter._counts) == 2
    assert counter.count(APP, TODAY) == 1
    await counter.write()
    assert counter.count(APP, TODAY) == 3


async def test_what_is_not_written_yet_is_not_forgotten(database):
    counter = Counter(database, most_remembered=2)
    for number in range(5):
        counter.count(UUID(int=number), TODAY)
    assert await counter.write() == 5
