"""How a migration comes to follow each itinerary, for what is parametrised over all of them and their phases.

A new itinerary needs its line in `WAYS`; a new phase needs nothing.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from kit import migrations, mortal
from kit.migrations import World
from mtc.api import conditions, names
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import flags, itineraries

STATUS = mortal.is_status(resources.MIG_MIGRATIONS)
#: What the engine has to hold for a migration to be seen waiting for it, by phase.
HELD = {
    "InitialBackupCreated": "initial",
    "StageBackupCreated": "stage",
    "StageRestoreCreated": "stage restore",
    "FinalRestoreCreated": "final restore",
}


@dataclass(frozen=True)
class Way:
    """The way into an itinerary.

    Attributes:
        begin: starts a migration of that name which follows it, or is about to.
        shows: the condition at the end.
    """

    begin: Callable[[World, str], Awaitable[None]]
    shows: str


async def application(world: World) -> None:
    """A Deployment with one volume, a volume that nothing mounts, and a plan for both."""
    for claim in ("data", "orphan"):
        await world.volume(claim)
    await world.deployment("web", claims=["data"], replicas=3)
    await world.declare(volumes=["data", "orphan"])


async def _stage(world: World, name: str) -> None:
    await world.migrate(name, stage=True)


async def _final(world: World, name: str) -> None:
    await world.migrate(name, quiescePods=True)


async def _cancel(world: World, name: str) -> None:
    """When there is something to undo on both clusters."""
    await world.migrate(name, quiescePods=True)
    await cancel_in(world, name, "VolumesProved")


async def _failed(world: World, name: str) -> None:
    """Its volumes cannot be saved."""
    world.engine.ends["stage"] = "Failed"
    await world.migrate(name, quiescePods=True)


async def _rollback(world: World, name: str) -> None:
    """After a final migration that has succeeded."""
    await world.migrate("before", quiescePods=True)
    async with migrations.running(world):
        await world.until_over("before")
    await world.migrate(name, rollback=True)


async def rehearse(world: World, name: str, **spec: Any) -> Object:
    """A dry run when it is over; nothing else may be at work."""
    await _ask_dry_run(world, name, **spec)
    async with migrations.running(world):
        return await world.until_over(name)


async def _ask_dry_run(world: World, name: str, **spec: Any) -> None:
    whole = {"migPlanRef": {"name": "shop", "namespace": world.namespace}, "stage": False, **spec}
    notes = {"annotations": {names.DRY_RUN: names.TRUE.lower()}}
    await world.make(world.host, resources.MIG_MIGRATIONS, name, namespace=world.namespace, metadata=notes, spec=whole)


async def _dry_run(world: World, name: str) -> None:
    await _ask_dry_run(world, name, quiescePods=True)


WAYS = {
    "DryRun": Way(_dry_run, conditions.DRY_RUN_COMPLETED),
    "Stage": Way(_stage, "Succeeded"),
    "Final": Way(_final, "Succeeded"),
    "Cancel": Way(_cancel, "Canceled"),
    "Failed": Way(_failed, "Failed"),
    "Rollback": Way(_rollback, "Succeeded"),
}


def seen(itinerary: itineraries.Itinerary) -> list[str]:
    """The phases in which a migration is seen from outside: what is light may be passed without a word."""
    return [phase.name for phase in itinerary.phases[1:-1] if not phase.light or phase.name in HELD]


async def cancel_in(world: World, name: str, phase: str) -> None:
    """Runs a migration until it is in a phase, and asks for its cancellation there."""
    world.engine.holds |= {HELD[phase]} if phase in HELD else set()
    await mortal.live_and_die(world, name, mortal.Reaper(before=False, at=STATUS), until=phase)
    await world.host.patch(resources.MIG_MIGRATIONS, name, {"spec": {"canceled": True}}, namespace=world.namespace)


def phases_of(item: Object, plan: Object, itinerary: str) -> set[str]:
    """The phases that a migration which is over needed of an itinerary and that are written before they begin.

    The last one has nothing behind it. A process that dies in a light one begins again at what is written, as it does elsewhere.
    """
    migration = MigMigration.from_dict(item)
    found = flags.of(spec=migration.spec, plan=MigPlan.from_dict(plan), found=migration.status.conditions)
    return {phase.name for phase in itineraries.ALL[itinerary].phases[:-1] if phase.applies(found) and not phase.light}


@asynccontextmanager
async def copying(world: World, name: str) -> AsyncIterator[None]:
    """A controller that runs a final migration, and in the middle of copying its volumes, which lasts until the engine ends it."""
    world.engine.holds.add("stage")
    await world.migrate(name, quiescePods=True)
    async with migrations.running(world):
        await world.until_phase(name, "StageBackupCreated")
        yield
