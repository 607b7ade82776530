import asyncio
from contextlib import asynccontextmanager

import pytest

from bitpesa.kernel.database import quarantine
from bitpesa.kernel.database.due_work import DueWork, do_each, keep_doing
from bitpesa.kernel.database.notifications import Wakeups
from bitpesa.kernel.database.quarantine import Failure

TOO_LONG_SECONDS = 3600
PATIENCE_SECONDS = 20


class Loop:
    """A loop over batches whose answers are given: a number is claimed rows, an exception is raised."""

    def __init__(self, *answers):
        self._answers = iter(answers)
        self.done = 0
        self._progress = asyncio.Condition()

    async def do_batch(self):
        async with self._progress:
            self.done += 1
            self._progress.notify_all()
        answer = next(self._answers, 0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def reach(self, batches):
        async with asyncio.timeout(PATIENCE_SECONDS), self._progress:
            await self._progress.wait_for(lambda: self.done >= batches)


class Sleeper(Wakeups):
    """Wake-ups that tell when the loop falls asleep."""

    def __init__(self):
        super().__init__()
        self.asleep = asyncio.Event()
        self.naps = []

    async def wait(self, topic, timeout_seconds):
        self.naps.append((topic, timeout_seconds))
        self.asleep.set()
        await super().wait(topic, timeout_seconds)


@asynccontextmanager
async def running(loop, wakeups, **changes):
    work = DueWork("payouts", loop.do_batch, **{"poll_seconds": TOO_LONG_SECONDS, **changes})
    task = asyncio.create_task(keep_doing(work, wakeups))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_batches_are_done_while_there_are_any_and_then_it_sleeps():
    loop, wakeups = Loop(5, 5, 1), Sleeper()
    async with running(loop, wakeups, poll_seconds=7):
        await asyncio.wait_for(wakeups.asleep.wait(), PATIENCE_SECONDS)
        assert loop.done == 4
        assert wakeups.naps == [("payouts", 7)]


async def test_it_is_woken_by_its_topic():
    loop, wakeups = Loop(), Sleeper()
    async with running(loop, wakeups):
        await asyncio.wait_for(wakeups.asleep.wait(), PATIENCE_SECONDS)
        wakeups.wake(["payouts"])
        await loop.reach(2)


async def test_a_wake_up_during_a_batch_is_not_lost():
    wakeups = Sleeper()

    class Busy(Loop):
        async def do_batch(self):
            if self.done == 0:
                wakeups.wake(["payouts"])
            return await super().do_batch()

    loop = Busy()
    async with running(loop, wakeups):
        await loop.reach(2)


async def test_without_a_wake_up_it_polls():
    loop = Loop()
    async with running(loop, Wakeups(), poll_seconds=0.001):
        await loop.reach(3)


async def test_it_outlives_a_batch_that_fails():
    loop, wakeups = Loop(RuntimeError("broken"), OSError("unreachable"), 1), Sleeper()
    async with running(loop, wakeups, pause_after_failure_seconds=0) as task:
        await asyncio.wait_for(wakeups.asleep.wait(), PATIENCE_SECONDS)
        assert loop.done == 4
        assert not task.done()


async def test_after_a_failure_it_tries_again_without_being_woken():
    loop = Loop(RuntimeError("broken"))
    async with running(loop, Wakeups(), pause_after_failure_seconds=0):
        await loop.reach(2)


async def test_it_ends_when_it_is_cancelled():
    async with running(Loop(), Wakeups()) as task:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()


def failure_of(row: int, problem: Exception) -> Failure:
    return Failure(str(row), None, problem)


async def test_a_row_that_fails_does_not_keep_those_behind_it_waiting(database):
    async def act(row: int) -> bool:
        if row == 2:
            raise ValueError("a row that nobody can do")
        return row != 3

    assert await do_each(database, "topic", [1, 2, 3, 4], act, failure=failure_of) == 2
    async with database.reading() as conn:
        (left_out,) = await quarantine.listed(conn)
    assert (left_out.topic, left_out.key, left_out.failures) == ("topic", "2", 1)
    assert "a row that nobody can do" in left_out.problem


async def test_rows_wait_while_the_database_is_away(database):
    async def act(_row: int) -> bool:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await do_each(database, "topic", [1, 2], act, failure=failure_of)
