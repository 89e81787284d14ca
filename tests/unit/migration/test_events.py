"""Events of many changes: they are written beside the work, each once, and the work does not wait for them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import access
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration.events import Outbox

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PLAN = {"apiVersion": "migration.openshift.io/v1alpha1", "kind": "MigPlan", "metadata": {"name": "shop", "namespace": "mtc", "uid": "u"}}
FOUND = [conditions.ready("It is."), Condition(type="PvLimitExceeded", category=conditions.WARN, message="Too many.")]


class Slow(Client):
    """A cluster that takes nothing before it is allowed to, and notes what it was given."""

    def __init__(self) -> None:
        super().__init__(access.Access(server="https://nowhere.invalid"), name="slow")
        self.allowed, self.has_all = asyncio.Event(), asyncio.Event()
        self.taken: list[Object] = []

    async def create(self, kind: ResourceType, body: Object | bytes, *, namespace: str | None = None, dry_run: bool = False) -> Object:
        """Notes an object."""
        await self.allowed.wait()
        assert kind.kind == "Event"
        assert isinstance(body, dict)
        assert not namespace
        assert not dry_run
        self.taken.append(body)
        if len(self.taken) == 20 * len(FOUND):
            self.has_all.set()
        return body


@pytest.fixture
async def cluster() -> AsyncIterator[Slow]:
    """The cluster."""
    async with Slow() as found:
        yield found


def told(cluster: Slow) -> list[tuple[str, str]]:
    """Reasons and types of what the cluster was given."""
    return sorted((body["reason"], body["type"]) for body in cluster.taken)


async def test_whoever_tells_something_does_not_wait_until_it_is_written(cluster: Slow) -> None:
    """One Event for each condition; a server that is slow with Events holds nobody up."""
    outbox = Outbox()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(outbox.run())
        for _ in range(20):
            await outbox.emit_conditions(cluster, PLAN, FOUND, now=NOW)
        assert not cluster.taken
        cluster.allowed.set()
        await cluster.has_all.wait()
        running.cancel()
    assert told(cluster) == [*[("PvLimitExceeded", "Warning")] * 20, *[("Ready", "Normal")] * 20]


async def test_what_waits_when_the_program_stops_is_still_written(cluster: Slow) -> None:
    """An Event that was promised comes, unless the server is too slow for it."""
    outbox = Outbox()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(outbox.run())
        for _ in range(20):
            await outbox.emit_conditions(cluster, PLAN, FOUND, now=NOW)
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.sleep(0)
        assert not cluster.taken
        cluster.allowed.set()
    assert len(cluster.taken) == 20 * len(FOUND)
