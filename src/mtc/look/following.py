"""Follows a run: what it looks like whenever something of it changes, with one watch a kind."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from mtc.api.migration.migmigration import MigMigration
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.look import subjects
from mtc.look.errors import NothingFound
from mtc.look.sites import Sites


@dataclass(frozen=True)
class Seen:
    """What a run looks like.

    Attributes:
        run: as it is now.
        copies: its PodVolumeBackups and PodVolumeRestores; empty where its status tells how far they are.
        troubles: why something cannot be seen at the moment, in words.
        is_tick: whether nothing has changed, and only time has passed.
    """

    run: MigMigration
    copies: tuple[Object, ...] = ()
    troubles: tuple[str, ...] = ()
    is_tick: bool = False


@dataclass
class _State:
    run: MigMigration | None = None
    is_gone: bool = False
    copies: dict[str, Object] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


async def follow(
    sites: Sites, name: str, *, namespace: str, source: str = "", target: str = "", tick_s: float = 1.0
) -> AsyncGenerator[Seen, None]:
    """The run whenever it changes, and every now and then; only the caller ends it.

    Args:
        sites: the clusters.
        name: of the MigMigration.
        namespace: of the toolkit.
        source: name of the cluster that volumes are copied from.
        target: name of the cluster that they are copied to.
        tick_s: after so many seconds without a change, it is told once more.

    Raises:
        NothingFound: there is no such run, or it was deleted meanwhile.
    """
    state = _State()
    tasks = [asyncio.create_task(_follow_run(sites.host.client, name, namespace, state))]
    try:
        is_tick = False
        while True:
            for task in tasks:
                if task.done():
                    task.result()
            if state.is_gone:
                raise NothingFound(
                    f"MigMigration {name} is not, or no longer, in namespace {namespace}. `mtc get migration` lists the runs."
                )
            if state.run is not None:
                if len(tasks) == 1 and _tells_nothing_of_volumes(state.run):
                    tasks += _follow_copies(sites, name, namespace, state, source=source, target=target)
                yield Seen(state.run, tuple(state.copies.values()), tuple(state.troubles.values()), is_tick=is_tick)
            try:
                async with asyncio.timeout(tick_s):
                    await state.changed.wait()
                is_tick = False
                state.changed.clear()
            except TimeoutError:
                is_tick = True
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tells_nothing_of_volumes(run: MigMigration) -> bool:
    return bool(run.status.itinerary) and not any(step.figures for step in run.status.pipeline)


async def _follow_run(host: Client, name: str, namespace: str, state: _State) -> None:
    async for event in watch.watch(host, resources.MIG_MIGRATIONS, namespace=namespace, field_selector=f"metadata.name={name}"):
        if event.type == "LOST":
            state.troubles["run"] = f"{event.error} Trying again."
        else:
            state.troubles.pop("run", None)
        if event.type == "DELETED" or (event.type == "SYNCED" and state.run is None):
            state.is_gone = True
        elif event.object:
            state.run, state.is_gone = MigMigration.from_dict(event.object), False
        state.changed.set()


def _follow_copies(sites: Sites, name: str, namespace: str, state: _State, *, source: str, target: str) -> list[asyncio.Task[None]]:
    made = subjects.made_for([name])

    async def one(client: Client, kind: ResourceType) -> None:
        async for event in watch.watch(client, kind, namespace=namespace):
            if event.type == "LOST":
                state.troubles[kind.plural] = f"cluster {client.name}: {event.error} Trying again."
            else:
                state.troubles.pop(kind.plural, None)
            if event.object and made.match(event.object["metadata"]["name"]):
                uid = event.object["metadata"]["uid"]
                if event.type == "DELETED":
                    state.copies.pop(uid, None)
                else:
                    state.copies[uid] = event.object
                state.changed.set()

    places = ((source, resources.POD_VOLUME_BACKUPS), (target, resources.POD_VOLUME_RESTORES))
    return [asyncio.create_task(one(site.client, kind)) for cluster, kind in places if (site := sites.find(cluster)) is not None]
