"""Given ways from a node agent to its API server and to the bucket on which things go wrong, then volumes arrive whole, and nothing else is claimed."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit import agents, draw, faults, planes, s3, trees
from kit.agents import NAMESPACE, World
from kit.faults import Fault, Way
from mtc.kube import access, resources
from mtc.kube.client import Client
from mtc.movers.volumes.port import VolumeMover

pytestmark = pytest.mark.anyio

SERVER, BUCKET = "server", "bucket"
PASSING = [(SERVER, fault) for fault in (faults.CONFLICT, faults.BUSY, faults.BROKEN, faults.CUT)]
PASSING += [(BUCKET, fault) for fault in (faults.SLOW_DOWN, faults.BROKEN, faults.CUT)]
LASTING = [(SERVER, fault) for fault in (faults.PARTITION, faults.SILENCE, faults.BROKEN)]
LASTING += [(BUCKET, fault) for fault in (faults.PARTITION, faults.SILENCE, faults.FULL)]
_SHARE = 0.3
_LASTS_S = 10.0
#: restic pauses for up to a minute between its tries.
_ENDED_S = 240.0
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Shaky:
    """A node agent's world, and its ways."""

    world: World
    ways: dict[str, Way]
    through: Client


@pytest.fixture(scope="module")
async def token(plane: Path) -> str:
    """Of a node agent."""
    async with Client(access.from_kubeconfig(str(plane)), name="test") as cluster:
        return await planes.token(cluster, NAMESPACE, "node-agent", may="cluster-admin")


@pytest.fixture
async def shaky(
    plane: Path, token: str, s3_server: s3.S3Server, shared_bucket: str, mover: VolumeMover, tmp_path: Path
) -> AsyncIterator[Shaky]:
    """A location that is reached on a way of its own, and such a way to the API server."""
    name = f"shaky-{next(_numbers)}"
    async with contextlib.AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(Client(access.from_kubeconfig(str(plane)), name="test"))
        ways = {
            SERVER: await stack.enter_async_context(faults.before(cluster.access.server)),
            BUCKET: await stack.enter_async_context(faults.before(s3_server.url, as_s3=True)),
        }
        through = await stack.enter_async_context(Client(access.from_token(ways[SERVER].url, token), name="test"))
        await agents.make_location(cluster, name, shared_bucket, name, ways[BUCKET].url)
        yield Shaky(World(cluster, plane, tmp_path / "pods", name, mover), ways, through)
        await agents.clear(cluster)


async def _carried(shaky: Shaky, place: str, fault: Fault, *, share: float, mended_after_s: float | None) -> None:
    """A volume is read and another one filled while something is wrong from the beginning, to the end or for a while."""
    world, way = shaky.world, shaky.ways[place]
    source, target = await world.pod("shop", "web"), await world.pod("shop-new", "web", waiter="running")
    trees.fill(world.folder(source))
    async with world.agent(through=shaky.through):
        # The repository is there before anything goes wrong: who makes it has tests of its own.
        await world.data(await world.pod("shop", "first"))
        status = {}
        for kind in (resources.POD_VOLUME_BACKUPS, resources.POD_VOLUME_RESTORES):
            way.breaks(fault, share=share)
            try:
                if kind == resources.POD_VOLUME_BACKUPS:
                    name = await world.backup(source)
                else:
                    name = await world.restore(target, status["snapshotID"])
                if mended_after_s is not None:
                    async with asyncio.timeout(_ENDED_S):
                        await way.hurts.wait()
                    await asyncio.sleep(mended_after_s)
                    item = await world.cluster.get(kind, name, namespace=NAMESPACE)
                    assert (item.get("status") or {}).get("phase") not in {"Completed", "Failed"}, item["status"]
                    way.mend()
                status = await world.ended(kind, name, within_s=_ENDED_S)
                assert way.met > 0, "the fault was met"
            finally:
                way.mend()
            assert status["phase"] == "Completed", status
    assert trees.differences(trees.read(world.folder(source)), trees.read(world.folder(target))) == []


def _named(found: list[tuple[str, Fault]]) -> list[object]:
    return [pytest.param(place, fault, id=f"{place}-{fault.title}") for place, fault in found]


@pytest.mark.parametrize(("place", "fault"), draw.some(_named(PASSING), 2))
async def test_what_goes_wrong_now_and_then_is_not_seen(shaky: Shaky, place: str, fault: Fault) -> None:
    """Some requests fail all the time, and everything arrives."""
    await _carried(shaky, place, fault, share=_SHARE, mended_after_s=None)


@pytest.mark.nightly
@pytest.mark.parametrize(("place", "fault"), _named(PASSING))
async def test_all_that_goes_wrong_now_and_then_is_not_seen(shaky: Shaky, place: str, fault: Fault) -> None:
    """As the sample, everything."""
    await _carried(shaky, place, fault, share=_SHARE, mended_after_s=None)


@pytest.mark.parametrize(("place", "fault"), draw.some(_named(LASTING), 1))
async def test_what_lasts_is_waited_for(shaky: Shaky, place: str, fault: Fault) -> None:
    """Nothing is called complete or failed meanwhile, and it goes on by itself."""
    await _carried(shaky, place, fault, share=1.0, mended_after_s=_LASTS_S)


@pytest.mark.nightly
@pytest.mark.parametrize(("place", "fault"), _named(LASTING))
async def test_all_that_lasts_is_waited_for(shaky: Shaky, place: str, fault: Fault) -> None:
    """As the sample, everything."""
    await _carried(shaky, place, fault, share=1.0, mended_after_s=_LASTS_S)
