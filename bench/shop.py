"""The shop's cut-over between the two real clusters of a lab: how long it takes, and of what that time consists.

- from the creation of the MigMigration until it has succeeded, beside the 131 s that MTC's documentation shows for its sock shop;
- the same without the time in which at least one volume was being read or filled;
- downtime: from the first workload that is scaled down in the source until every workload of the shop is ready in the target;
- idle time, in which nothing was being waited for: between the end of a phase and the beginning of the next one, and between
  the end of a Backup or Restore and the end of the phase that waits for it;
- the share of each phase.

The lab is named by MTC_BENCH_LAB (`bench` where it is not set), is started unless it runs, and stays. The ends of objects are seen by
watches of our own: this process, the controller and all others run on one machine and share its clock.
"""

import asyncio
import itertools
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench import common
from mtc.api.migration.migmigration import MigMigration
from mtc.install import run as installation
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object
from mtc.lab import tasks, up
from mtc.lab.demo import clean, declare, follow, setting
from mtc.lab.demo import shop as application
from mtc.lab.demo.setting import SHOP, TOOLKIT, Setting
from mtc.migration.velero_crs import OVER, phase_of

_DOCUMENTED_S = 131.0
_IDLE_GOAL_S = 1.0
_BESIDE_COPYING_GOAL_S = 15.0
_DEADLINE_S = 900.0
_PODS_PATH = "/var/lib/kubelet/pods"
#: Phases that took less are not worth a line.
_SHOWN_S = 0.1
_WAITS = ("InitialBackupCreated", "StageBackupCreated", "StageRestoreCreated", "FinalRestoreCreated")


@dataclass
class Seen:
    """When things were seen to happen.

    Attributes:
        down: the first workload of the source was scaled down.
        ready: every workload of the target was ready.
        ended: Backups and Restores, by name.
        copied: when a volume began to be read or filled and when that was over, by the object that says so.
        over: the migration had succeeded, as it was then.
    """

    down: datetime | None = None
    ready: datetime | None = None
    ended: dict[str, datetime] = field(default_factory=dict)
    copied: dict[str, list[datetime]] = field(default_factory=dict)
    over: tuple[datetime, Object] | None = None


@dataclass(frozen=True)
class Idle:
    """Time in which nothing was being waited for, in seconds.

    Attributes:
        between: the end of a phase and the beginning of the next, all together.
        notice: the end of a Backup or Restore and the end of the phase that waits for it, all together.
    """

    between: float
    notice: float


async def figures() -> list[common.Figure]:
    """The figures of one cut-over."""
    lab = os.environ.get("MTC_BENCH_LAB", "bench")
    values = await up.up(lab)
    async with setting.opened(lab, values) as found:
        await _prepare(found)
        started, seen = await _cut_over(found)
    return _judge(started, seen)


async def _prepare(found: Setting) -> None:
    """The toolkit of this checkout on both clusters, and a shop with data on the source."""
    image = found.values["MTC_LAB_IMAGE"]
    await tasks.together(
        *(
            installation.install(
                cluster, image=image, host=cluster is found.target, namespace=TOOLKIT, pods_path=_PODS_PATH, tell=lambda _: None
            )
            for cluster in found.clusters
        )
    )
    await clean.plan(found)
    await clean.shop(found)
    await clean.locations_left(found)
    await application.deploy(found, await application.image(found))
    await application.until_seeded(found)
    await application.until_ready(found.source)
    await declare.clusters(found)
    await declare.storage(found)
    await declare.plan(found)


async def _cut_over(found: Setting) -> tuple[datetime, Seen]:
    seen = Seen()
    watching = [asyncio.create_task(_see_down(found.source, kind, seen)) for kind in (resources.DEPLOYMENTS, resources.STATEFUL_SETS)] + [
        asyncio.create_task(_see_ends(cluster, kind, seen))
        for cluster, kind in ((found.source, resources.BACKUPS), (found.target, resources.RESTORES))
    ]
    watching += [
        asyncio.create_task(_see_copies(cluster, kind, seen))
        for cluster, kind in ((found.source, resources.POD_VOLUME_BACKUPS), (found.target, resources.POD_VOLUME_RESTORES))
    ]
    up_again = asyncio.create_task(_see_ready(found.target, seen))
    try:
        async with asyncio.timeout(_DEADLINE_S):
            name, started = follow.new_name(), _now()
            await found.target.create(resources.MIG_MIGRATIONS, follow.body(name))
            await _see_over(found.target, name, seen)
            await up_again
    finally:
        for task in (*watching, up_again):
            task.cancel()
        await asyncio.wait([*watching, up_again])
    return started, seen


async def _see_down(source: Client, kind: resources.ResourceType, seen: Seen) -> None:
    async for event in watch.watch(source, kind, namespace=SHOP):
        if event.type == "MODIFIED" and seen.down is None and event.object["spec"].get("replicas") == 0:
            seen.down = _now()


async def _see_ends(cluster: Client, kind: resources.ResourceType, seen: Seen) -> None:
    async for event in watch.watch(cluster, kind, namespace=TOOLKIT):
        if event.object and phase_of(event.object) in OVER:
            seen.ended.setdefault(event.object["metadata"]["name"], _now())


async def _see_ready(target: Client, seen: Seen) -> None:
    await application.until_ready(target)
    seen.ready = _now()


async def _see_over(target: Client, name: str, seen: Seen) -> None:
    async for event in watch.watch(target, resources.MIG_MIGRATIONS, namespace=TOOLKIT, field_selector=f"metadata.name={name}"):
        if event.object and follow.is_over(event.object):
            seen.over = _now(), event.object
            return


async def _see_copies(cluster: Client, kind: resources.ResourceType, seen: Seen) -> None:
    """The times that the objects themselves tell are whole seconds, which is too coarse for what takes two."""
    async for event in watch.watch(cluster, kind, namespace=TOOLKIT):
        if (event.object.get("status") or {}).get("startTimestamp"):
            span = seen.copied.setdefault(event.object["metadata"]["uid"], [_now()])
            if phase_of(event.object) in OVER and len(span) == 1:
                span.append(_now())


def copying_s(spans: Iterable[Sequence[datetime]]) -> float:
    """Seconds in which at least one volume was being copied: the spans that have an end, together."""
    sum_s, until = 0.0, datetime.min.replace(tzinfo=UTC)
    for begin, *end in sorted(spans):
        for over in end:
            sum_s += max(0.0, _seconds(max(begin, until), over))
            until = max(until, over)
    return sum_s


def _judge(started: datetime, seen: Seen) -> list[common.Figure]:
    if seen.over is None or seen.down is None or seen.ready is None:
        msg = f"the cut-over was not seen whole: down {seen.down}, ready {seen.ready}, over {seen.over}"
        raise RuntimeError(msg)
    total, down = _seconds(started, seen.over[0]), _seconds(seen.down, seen.ready)
    migration = MigMigration.from_dict(seen.over[1])
    lost = idle(migration, seen)
    sum_s = lost.between + lost.notice
    copying = copying_s(seen.copied.values())
    beside = total - copying
    copied = f"volumes were read or filled for {copying:.1f} s"
    detail = f"{lost.between:.2f} s between phases, {lost.notice:.2f} s until an end was noticed"
    return [
        common.Figure("cut-over of the shop, seconds", total, f"< {_DOCUMENTED_S:.0f}", total < _DOCUMENTED_S, "MTC in 2019: 131 s"),
        common.Figure(
            "cut-over of the shop without the copying, seconds",
            beside,
            f"< {_BESIDE_COPYING_GOAL_S:.0f}",
            beside < _BESIDE_COPYING_GOAL_S,
            copied,
        ),
        common.Figure("cut-over of the shop, downtime, seconds", down, "-", True, "first scale-down until all is ready"),
        common.Figure("cut-over of the shop, idle, seconds", sum_s, "< 1", sum_s < _IDLE_GOAL_S, detail),
        *_shares(migration, total),
    ]


def idle(migration: MigMigration, seen: Seen) -> Idle:
    """The idle time of a migration that has ended."""
    times = sorted(
        ((entry.started, entry.completed, entry.name) for step in migration.status.pipeline for entry in step.phases if entry.started),
        key=lambda entry: entry[0],
    )
    between = sum(max(0.0, _seconds(end, begin)) for (_, end, _), (begin, _, _) in itertools.pairwise(times) if end is not None)
    notice = 0.0
    for step in migration.status.pipeline:
        names = [item.name for item in (step.figures.items if step.figures else []) if item.kind in {"Backup", "Restore"}]
        ends = [entry.completed for entry in step.phases if entry.name in _WAITS and entry.completed]
        notice += sum(max(0.0, _seconds(seen.ended[name], end)) for name in names if name in seen.ended for end in ends)
    return Idle(between, notice)


def _shares(migration: MigMigration, total: float) -> list[common.Figure]:
    found = []
    for step in migration.status.pipeline:
        for entry in step.phases:
            lasted = _seconds(entry.started, entry.completed) if entry.started and entry.completed else 0.0
            if lasted >= _SHOWN_S:
                found.append(common.Figure(f"  {step.name}: {entry.name}, seconds", lasted, "-", True, f"{lasted / total:.0%}"))
    return found


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()


def _now() -> datetime:
    return datetime.now(UTC)
