"""What is said to whoever does not want to wait any longer."""

import asyncio

import pytest

from mtc.act import errors, following

pytestmark = pytest.mark.anyio


async def test_whoever_stops_waiting_is_told_what_goes_on() -> None:
    """With the exit code of what was interrupted; a wait that comes to its end says nothing."""
    waits = asyncio.Event()

    async def wait() -> None:
        with following.interruptible(lambda: "Backup b goes on."):
            waits.set()
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(wait())
    await waits.wait()
    task.cancel()
    with pytest.raises(errors.Interrupted, match="Backup b goes on") as told:
        await task
    assert told.value.exit_code == 130
    with following.interruptible(lambda: "never"):
        pass
