"""What a loop does with wake-ups, whatever its watch tells: the server of these tests does not answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mtc.kube import access, resources
from mtc.kube.client import Client
from mtc.operator.loop import Loop, Ref

FIRST, SECOND = Ref("shop", "first"), Ref("shop", "second")
DEADLINE_S = 10


@pytest.fixture
async def nobody() -> AsyncIterator[Client]:
    """A cluster that does not answer."""
    async with Client(access.Access(server="http://127.0.0.1:9"), name="nobody") as cluster:
        yield cluster


class Steps:
    """Steps that are noted."""

    def __init__(self, *wanted: Ref) -> None:
        self.done: list[Ref] = []
        self.begun, self.over = asyncio.Event(), asyncio.Event()
        self._wanted = sorted(wanted, key=str)

    async def step(self, ref: Ref) -> float | None:
        """Notes one."""
        self.done.append(ref)
        self.begun.set()
        if sorted(self.done, key=str) == self._wanted:
            self.over.set()
        return None


async def test_a_wake_up_before_the_loop_runs_is_stepped_once_it_does(nobody: Client) -> None:
    """Nobody has to know whether a loop has begun: what was woken early, once or often, is stepped once; and a delayed one as well."""
    steps = Steps(FIRST, SECOND)
    loop = Loop(nobody, resources.MIG_PLANS, steps.step)
    loop.wake(FIRST)
    loop.wake(FIRST)
    loop.wake(SECOND, after_s=0.01)
    assert not steps.done
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        running = group.create_task(loop.run())
        await steps.over.wait()
        running.cancel()
    assert sorted(steps.done, key=str) == [FIRST, SECOND]


async def test_a_wake_up_after_the_end_is_stepped_no_more(nobody: Client) -> None:
    """A loop that was cancelled leaves nothing behind that runs on its own."""
    steps = Steps(FIRST)
    loop = Loop(nobody, resources.MIG_PLANS, steps.step)
    loop.wake(FIRST)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        running = group.create_task(loop.run())
        await steps.over.wait()
        running.cancel()
    loop.wake(SECOND)
    await asyncio.sleep(0)
    assert steps.done == [FIRST]


async def test_what_changes_while_an_object_rests_leads_to_one_more_step(nobody: Client) -> None:
    """A step's own writes come back as several events, during the step and soon after it: together they are worth one step."""
    steps = Steps(FIRST, FIRST)
    loop = Loop(nobody, resources.MIG_PLANS, steps.step, rests=True)
    loop.wake(FIRST)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        running = group.create_task(loop.run())
        await steps.begun.wait()
        for _ in range(5):
            loop.wake(FIRST)
            loop.wake(FIRST, after_s=0.01)
            await asyncio.sleep(0.01)
        assert steps.done == [FIRST]
        await steps.over.wait()
        running.cancel()
    assert steps.done == [FIRST, FIRST]


async def test_what_a_step_has_made_itself_is_no_reason_for_another(nobody: Client) -> None:
    """Whether it appears while the step still works or later; anything else that appears is one."""
    steps, goes_on = Steps(FIRST, FIRST), asyncio.Event()

    async def step(ref: Ref) -> None:
        await steps.step(ref)
        await goes_on.wait()
        loop.left(ref, "1", made={"made"})

    loop = Loop(nobody, resources.MIG_PLANS, step)
    loop.wake(FIRST)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        running = group.create_task(loop.run())
        await steps.begun.wait()
        loop.wake(FIRST, found="made")
        goes_on.set()
        await asyncio.sleep(0.01)
        loop.wake(FIRST, found="made")
        await asyncio.sleep(0.01)
        assert steps.done == [FIRST]
        loop.wake(FIRST, found="changed by somebody")
        await steps.over.wait()
        running.cancel()
    assert steps.done == [FIRST, FIRST]
