"""Given ways to API servers and bucket on which things go wrong, then a migration tells what it waits for, loses nothing and goes on by itself."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from kit import draw, faults, planes, shaky
from kit.faults import Fault
from kit.s3 import S3Server
from kit.shaky import Shaky
from mtc.api import conditions
from mtc.kube import resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio

#: Within this time trouble is told, on a busy machine as well.
TOLD_S = float(os.environ.get("MTC_TEST_TOLD_S", "90"))
#: What hits some requests and leaves others alone.
PASSING = (faults.CONFLICT, faults.GONE, faults.BUSY, faults.BROKEN, faults.CUT)
PASSING_OF_BUCKETS = (faults.SLOW_DOWN, faults.BROKEN, faults.CUT)
#: What lasts until somebody does something about it.
LASTING = (faults.SILENCE, faults.PARTITION, faults.BROKEN)
LASTING_OF_BUCKETS = (faults.FULL, faults.PARTITION, faults.SILENCE)
#: The samples are drawn of what ends within seconds; the rest has its turn at night.
_QUICK = frozenset({
    "host-conflict", "host-gone", "host-cut",
    "source-gone", "source-cut",
    "source-engine-conflict", "source-engine-gone", "source-engine-broken", "source-engine-cut",
    "target-engine-conflict", "target-engine-gone", "target-engine-cut",
    "bucket-slow-down", "bucket-broken",
})  # fmt: skip
_QUICKLY_TOLD = frozenset({"source-partition", "bucket-full", "bucket-partition"})
_SAMPLE_OF_PASSING = 6
_SAMPLE_OF_LASTING = 2
_SHARE = 0.3
#: Of what makes each request of a long row slower: the controller sends hundreds to its own cluster, one after the other.
_SMALL_SHARE = 0.1


def pairs(of_servers: tuple[Fault, ...], of_buckets: tuple[Fault, ...], *, among: frozenset[str] = frozenset()) -> list[object]:
    """Each place with each fault that it can have, or some of them by their names."""
    found = [(place, fault) for place in shaky.PLACES for fault in (of_buckets if place == shaky.BUCKET else of_servers)]
    named = [(f"{place}-{fault.title}", place, fault) for place, fault in found]
    return [pytest.param(place, fault, id=name) for name, place, fault in named if not among or name in among]


@pytest.fixture(scope="module")
async def world(host: Client, remote: Client, s3: S3Server) -> AsyncIterator[Shaky]:
    """All processes and their ways."""
    async with shaky.installation(host, remote, s3) as made:
        yield made


def messages(item: Object) -> str:
    """What a migration says of itself, whole."""
    return "\n".join(f"{type_}: {part.get('message')}" for type_, part in planes.found(item).items()) + f"\n{item['status'].get('errors')}"


def succeeded(item: Object) -> bool:
    """Whether a migration says that everything has arrived, and nothing else."""
    return set(planes.found(item)) == {conditions.READY, conditions.SUCCEEDED}


async def endured(world: Shaky, place: str, fault: Fault) -> None:
    """Some requests fail from the beginning to the end of a migration: it succeeds, with every object."""
    name = await world.application("shower")
    way = world.ways[place]
    way.breaks(fault, share=_SMALL_SHARE if fault == faults.BUSY or place == shaky.HOST else _SHARE)
    try:
        await world.start(name)
        item = await world.over(name)
        met = way.met
    finally:
        way.mend()
    assert succeeded(item), messages(item)
    assert met > 0, "the fault was met"
    assert await world.moved(name)


@pytest.mark.parametrize(("place", "fault"), draw.some(pairs(PASSING, PASSING_OF_BUCKETS, among=_QUICK), _SAMPLE_OF_PASSING))
async def test_what_goes_wrong_now_and_then_is_not_seen(world: Shaky, place: str, fault: Fault) -> None:
    """The migration says nothing of it."""
    await endured(world, place, fault)


@pytest.mark.nightly
@pytest.mark.parametrize(("place", "fault"), pairs(PASSING, PASSING_OF_BUCKETS))
async def test_all_that_goes_wrong_now_and_then_is_not_seen(world: Shaky, place: str, fault: Fault) -> None:
    """As the sample, everywhere."""
    await endured(world, place, fault)


async def told(world: Shaky, name: str) -> str:
    """What the migration says of the trouble, as soon as it says something."""
    wanted = {conditions.RECONCILE_FAILED, conditions.STALLED, conditions.PLAN_NOT_READY}
    item = await world.world.until(resources.MIG_MIGRATIONS, name, lambda found: bool(wanted & set(planes.found(found))), timeout_s=TOLD_S)
    assert not {conditions.SUCCEEDED, conditions.FAILED} & set(planes.found(item)), item["status"]
    return " ".join(planes.found(item)[type_]["message"] for type_ in wanted & set(planes.found(item)))


async def outlived(world: Shaky, place: str, fault: Fault, *, lasts_s: float = 0) -> None:
    """A migration that begins while something is wrong: it tells so, and succeeds by itself once that is over."""
    name = await world.application("outage")
    way = world.ways[place]
    try:
        await world.start(name)
        way.breaks(fault)
        if place != shaky.HOST:
            # Without the cluster of its own the controller can write to nobody.
            assert await told(world, name)
        async with asyncio.timeout(TOLD_S):
            await way.hurts.wait()
        await asyncio.sleep(lasts_s)
    finally:
        way.mend()
    item = await world.over(name)
    assert succeeded(item), messages(item)
    assert await world.moved(name)


@pytest.mark.parametrize(("place", "fault"), draw.some(pairs(LASTING, LASTING_OF_BUCKETS, among=_QUICKLY_TOLD), _SAMPLE_OF_LASTING))
async def test_what_lasts_is_told_and_waited_for(world: Shaky, place: str, fault: Fault) -> None:
    """The reason stands in a condition, no success is faked, and the migration goes on by itself."""
    await outlived(world, place, fault)


@pytest.mark.nightly
@pytest.mark.parametrize(("place", "fault"), pairs(LASTING, LASTING_OF_BUCKETS))
async def test_every_trouble_that_lasts_is_told_and_waited_for(world: Shaky, place: str, fault: Fault) -> None:
    """As the sample, everywhere."""
    await outlived(world, place, fault)


@pytest.mark.nightly
@pytest.mark.parametrize("place", shaky.PLACES)
async def test_two_minutes_without_a_connection_are_waited_for(world: Shaky, place: str) -> None:
    """Longer than any single request waits."""
    await outlived(world, place, faults.PARTITION, lasts_s=120)
