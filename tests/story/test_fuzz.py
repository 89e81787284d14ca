"""Given a running controller, when manifests come that nobody would write, then each is refused or explained, and work goes on.

A hundred of each kind by default, in `make nightly` 2,000; `MTC_TEST_FUZZ=10000` takes that many of each, `MTC_TEST_FUZZ_SEED` other ones. What is not
stored by the API server counts as refused; what is stored must show conditions soon.
"""

import asyncio
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from kit import fuzz, planes
from kit.planes import World
from kit.s3 import S3Server
from mtc import api
from mtc.api import base
from mtc.kube import errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

pytestmark = pytest.mark.anyio

COUNT = int(os.environ.get("MTC_TEST_FUZZ", "100"))
SEED = int(os.environ.get("MTC_TEST_FUZZ_SEED", "20261123"))
BATCH = 100
#: An object whose cluster or bucket does not answer takes the deadline of that look; all others are far quicker.
LATEST_S = 30.0
LABEL = "fuzzed"
KINDS = ("MigCluster", "MigStorage", "MigPlan", "MigMigration", "MigHook", "MigAnalytic")
#: How Python and our log show a stack.
TRACES = (b"Traceback (most recent call last)", b'.py\\", line ', b".py:")


@dataclass
class Tally:
    """What became of the manifests of one kind."""

    refused: int = 0
    explained_s: list[float] = field(default_factory=list)

    def line(self, kind: str) -> str:
        """For people."""
        times = sorted(self.explained_s)
        slowest, middle = (times[-1], times[len(times) // 2]) if times else (0.0, 0.0)
        return f"{kind}: {self.refused} refused, {len(times)} explained (median {middle:.1f} s, slowest {slowest:.1f} s), seed {SEED}"


def model_of(kind: str) -> type[base.Resource]:
    """The model of a kind."""
    return next(model for model in api.kinds() if model.KIND.kind == kind)


async def submit(world: World, kind: ResourceType, name: str, body: dict[str, Any]) -> bool:
    """Sends a manifest; whether it was stored."""
    whole = fuzz.expanded(body, name=name, namespace=world.namespace)
    meta = {"name": name, "namespace": world.namespace, "labels": {LABEL: "yes"}}
    # Numbers and halves of characters that our own JSON refuses are sent all the same.
    sent = json.dumps({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **whole}).encode()
    try:
        await world.host.create(kind, sent, namespace=world.namespace)
    except errors.ApiError:
        return False
    return True


async def explained(world: World, kind: ResourceType, names: set[str], tally: Tally) -> None:
    """Waits until each of the stored objects shows conditions."""
    cache = watch.Cache(world.host, kind, namespace=world.namespace, label_selector=f"{LABEL}=yes")
    started, waiting = time.monotonic(), set(names)

    def all_there() -> bool:
        done = {name for name in waiting if is_explained(cache.objects.get(f"{world.namespace}/{name}"))}
        tally.explained_s.extend([time.monotonic() - started] * len(done))
        waiting.difference_update(done)
        return not waiting

    running = asyncio.create_task(cache.run())
    try:
        in_time = await cache.wait(all_there, timeout_s=LATEST_S)
        silent = [cache.objects.get(f"{world.namespace}/{name}") for name in sorted(waiting)[:3]]
        assert in_time, f"{len(waiting)} of {len(names)} show nothing after {LATEST_S:g} s, seed {SEED}: {str(silent)[:4000]}"
        for item in cache.objects.values():
            assert not shows_trace(item), item
    finally:
        running.cancel()
        await asyncio.wait([running])


def is_explained(item: Object | None) -> bool:
    """Whether an object has been looked at and says so. What came with the word that it is over, or counted, says enough."""
    status = (item or {}).get("status") or {}
    kind = (item or {}).get("kind")
    if (kind == "MigMigration" and status.get("phase") == "Completed") or (kind == "MigAnalytic" and planes.is_ready(item or {})):
        return True
    return bool(status.get("conditions")) and bool(status.get("observedDigest") or status.get("observedGeneration") or status.get("phase"))


def shows_trace(item: Object) -> bool:
    """Whether a stack can be read in what we wrote."""
    written = orjson.dumps([[part.get("message") for part in planes.found(item).values()], (item.get("status") or {}).get("errors")])
    return any(trace in written for trace in TRACES)


async def still_works(world: World) -> None:
    """The plan that nothing is wrong with is looked at when it is asked for, and is Ready."""
    await world.host.patch(resources.MIG_PLANS, "healthy", {"spec": {"refresh": True}}, namespace=world.namespace)
    plan = await world.until(resources.MIG_PLANS, "healthy", lambda item: not item["spec"].get("refresh"), timeout_s=LATEST_S)
    assert planes.is_ready(plan), planes.found(plan)


@pytest.mark.timeout(120 + COUNT)
@pytest.mark.parametrize("name", KINDS)
async def test_each_is_refused_or_explained_and_others_go_on(
    host: Client, remote: Client, s3: S3Server, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No defect, no stack before a person's eyes, no object without an answer, no standstill."""
    kind, tally = resources.migration(model_of(name).KIND.plural, name), Tally()
    bodies = fuzz.manifests(model_of(name), count=COUNT, from_seed=SEED)
    async with planes.installation(host, remote) as world:
        for number in (1, 2, 3):
            await ensure_namespace(remote, f"fuzz-{number}")
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("healthy", ["fuzz-3"])
        await world.declare_plan("bystander", ["missing"])
        await world.until(resources.MIG_PLANS, "healthy", planes.is_ready)
        with capture_logs() as logged:
            for start in range(0, len(bodies), BATCH):
                names = [f"fuzz-{number}" for number in range(start, min(start + BATCH, len(bodies)))]
                stored = await asyncio.gather(*(submit(world, kind, each, body) for each, body in zip(names, bodies[start:], strict=False)))
                tally.refused += stored.count(False)
                await explained(world, kind, {each for each, is_stored in zip(names, stored, strict=True) if is_stored}, tally)
                await host.delete_collection(kind, namespace=world.namespace, label_selector=f"{LABEL}=yes")
                await still_works(world)
        defects = [entry for entry in logged if entry["log_level"] == "error"]
        assert not defects, f"{len(defects)} defects, seed {SEED}; the first: {defects[0]}"
        events = await host.list_all(resources.EVENTS, namespace=world.namespace)
        assert not [event for event in events if any(trace.decode() in event.get("message", "") for trace in TRACES)]
    with capsys.disabled():
        print(f"\n{tally.line(name)}")
    assert len(tally.explained_s) > len(bodies) // 5, "most manifests are refused: the fuzz tests nothing but the API server"


async def ensure_namespace(cluster: Client, name: str) -> None:
    """A namespace, which may be there."""
    if await cluster.find(resources.NAMESPACES, name) is None:
        await planes.make_namespace(cluster, name)
