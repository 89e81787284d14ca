"""Given a loop over objects of a real API server, when steps write to their objects, then only what others have changed leads to a step."""

import asyncio

import pytest

from kit import planes
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.operator.loop import Loop, Ref

pytestmark = pytest.mark.anyio

_KIND = resources.CONFIG_MAPS


class Steps:
    """Steps that write to their object once, and those whose names begin with `shared` together with somebody else."""

    def __init__(self, host: Client, namespace: str) -> None:
        self.done: list[str] = []
        self._host, self._namespace = host, namespace
        self._more = asyncio.Condition()
        self.loop = Loop(host, _KIND, self._step, namespace=namespace, label_selector="stepped=yes")

    async def _step(self, ref: Ref) -> float | None:
        if ref.name not in self.done:
            written = await self.patch(ref.name, "step")
            if ref.name.startswith("shared"):
                await self.patch(ref.name, "somebody else")
            self.loop.left(ref, written)
        async with self._more:
            self.done.append(ref.name)
            self._more.notify_all()
        return None

    async def make(self, name: str) -> None:
        """A new object."""
        meta = {"name": name, "namespace": self._namespace, "labels": {"stepped": "yes"}}
        await self._host.create(_KIND, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})

    async def patch(self, name: str, writer: str) -> str:
        """A change of an object; its version after it."""
        changed = await self._host.patch(_KIND, name, {"data": {"writer": writer}}, namespace=self._namespace)
        return str(changed["metadata"]["resourceVersion"])

    async def until(self, name: str, count: int) -> None:
        """Waits until an object has been stepped so often."""
        async with asyncio.timeout(20), self._more:
            await self._more.wait_for(lambda: self.done.count(name) >= count)


async def test_a_step_is_not_woken_by_what_it_has_written_itself(host: Client) -> None:
    """Its own write wakes nobody; a change by somebody else does, whether during the step, after it, or as a new object of that name."""
    await planes.make_namespace(host, "loop-1")
    steps = Steps(host, "loop-1")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(steps.loop.run())
        await steps.make("alone")
        await steps.make("shared")
        await steps.until("shared", 2)
        # Events come in their order: had its own write woken the first one, it would have been stepped again by now.
        await steps.make("last")
        await steps.until("last", 1)
        assert steps.done.count("alone") == 1
        await steps.patch("alone", "somebody else")
        await steps.until("alone", 2)
        await host.delete(_KIND, "alone", namespace="loop-1")
        await steps.until("alone", 3)
        await steps.make("alone")
        await steps.until("alone", 4)
        running.cancel()
