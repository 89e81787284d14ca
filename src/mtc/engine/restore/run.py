"""The work of one restore: tier after tier through the archive, each tier concurrently, volumes filled meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from mtc.api import names
from mtc.engine import archive, results, selection
from mtc.engine.restore import definitions, namespaces, order
from mtc.engine.restore.context import Context
from mtc.engine.restore.items import Items
from mtc.engine.restore.volumes import VolumeRestores
from mtc.kube import errors, resources

#: Objects in hand at the same time; the client's adaptive limit decides how many requests that means.
_AT_ONCE = 64
_PROGRESS_S = 1.0

Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True)
class Group:
    """Objects of one type in one namespace ("" for the cluster) that are to be restored."""

    group_resource: str
    namespace: str
    count: int


def selected(context: Context) -> list[Group]:
    """What the filters of the Restore leave of the archive. Namespaces themselves come last of all decisions, see `run`."""
    everywhere = context.namespaces.is_everything
    include_cluster = context.spec.get("includeClusterResources")
    found = []
    for group_resource, namespace, count in context.reader.groups():
        if group_resource in order.NEVER or not context.types.matches(group_resource):
            continue
        if namespace:
            wanted = context.namespaces.matches(namespace)
        else:
            wanted = group_resource != order.NAMESPACES and (include_cluster is True or (include_cluster is None and everywhere))
        if wanted:
            found.append(Group(group_resource, namespace, count))
    return found


async def run(context: Context, *, progress: Progress) -> VolumeRestores:
    """Restores everything that is selected; trouble goes to the context's results.

    Raises:
        KubeError: the cluster could not be reached at all.
    """
    groups = selected(context)
    if not context.reader.groups():
        context.warn(results.VELERO, "The archive of the backup holds no objects, so there was nothing to restore.")
    _tell_strangers(context)
    context.total = sum(group.count for group in groups)
    volumes = VolumeRestores(context)
    targets = namespaces.Targets(context)
    items = Items(context, volumes, targets)
    reporter = asyncio.create_task(_report(context, progress))
    try:
        async with asyncio.TaskGroup() as background:
            background.create_task(volumes.run())
            try:
                items.fresh = await _definitions(context, items, groups)
                await targets.ensure(_wanted_namespaces(context, groups))
                for tier in order.tiers({group.group_resource for group in groups} - {order.DEFINITIONS, order.NAMESPACES}):
                    await _tier(context, items, [group for group in groups if group.group_resource in tier])
            finally:
                volumes.no_more_pods()
    finally:
        reporter.cancel()
    await progress(context.done, context.done)
    return volumes


def _tell_strangers(context: Context) -> None:
    """Warns of kinds that neither the cluster serves nor the backup holds. One that is not in the backup is nothing to tell."""
    known = {kind.group_resource for kind in context.discovered.preferred} | {name for name, *_ in context.reader.groups()}
    for name in selection.strangers(context.types.includes, known):
        context.warn(
            results.VELERO,
            f"spec.includedResources names {name}, a kind which neither cluster {context.cluster.name} nor the backup knows. "
            f"Correct the name, or take it off the list.",
        )


def _wanted_namespaces(context: Context, groups: list[Group]) -> list[str]:
    """Source namespaces that are needed in any case: those with selected objects, and those stored in full restores.

    With a label selector it takes a look into the objects to tell: then each namespace is made with the first that goes into it.
    """
    if context.spec.get("labelSelector") or context.spec.get("orLabelSelectors"):
        return []
    needed = {group.namespace for group in groups if group.namespace}
    if context.types.matches(order.NAMESPACES):
        needed |= {item.name for item in context.reader.items(order.NAMESPACES, "") if context.namespaces.matches(item.name)}
    return sorted(needed)


async def _definitions(context: Context, items: Items, groups: list[Group]) -> definitions.Fresh:
    """Restores definitions, waits until they are served, reads discovery again."""
    wanted = [group for group in groups if group.group_resource == order.DEFINITIONS]
    if not wanted:
        return definitions.Fresh()
    await _tier(context, items, wanted)
    names_ = [item.name for group in wanted for item in context.reader.items(group.group_resource, group.namespace)]
    fresh = await definitions.served(context, names_)
    context.discovered = await definitions.published(context, fresh.established)
    return fresh


async def _tier(context: Context, items: Items, groups: list[Group]) -> None:
    """Restores the objects of a tier, a bounded number at a time."""
    source = _places(context, groups)

    for group in groups:
        where = f"namespace {context.target_namespace(group.namespace)}" if group.namespace else "cluster"
        context.log.info("restoring", resource=group.group_resource, objects=group.count, into=where)

    async def work() -> None:
        for place in source:
            await items.restore(place, listed=True)

    async with asyncio.TaskGroup() as workers:
        for _ in range(_AT_ONCE):
            workers.create_task(work())


def _places(context: Context, groups: list[Group]) -> Iterator[archive.Item]:
    for group in groups:
        yield from context.reader.items(group.group_resource, group.namespace)


async def _report(context: Context, progress: Progress) -> None:
    last = -1
    while True:
        await asyncio.sleep(_PROGRESS_S)
        if context.done != last:
            last = context.done
            await progress(last, max(last, context.total))


async def finalize(context: Context) -> None:
    """Gives newly made volumes the reclaim policy and labels that the backed-up ones had."""
    for info in context.volume_info.values():
        details = info.get("pvInfo") or {}
        if not info.get("backupMethod") or info.get("skipped") or not (details.get("reclaimPolicy") or details.get("labels")):
            continue
        source, old = str(info.get("pvcNamespace", "")), str(info.get("pvcName", ""))
        name = (context.claim_names or {}).get(f"{source}/{old}", old)
        claim = await context.cluster.find(resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=context.target_namespace(source))
        ours = claim and (claim["metadata"].get("labels") or {}).get(names.RESTORE_NAME) == context.labels[names.RESTORE_NAME]
        volume = (claim or {}).get("spec", {}).get("volumeName")
        if not ours or not volume:
            continue
        patch: dict[str, object] = {}
        if details.get("reclaimPolicy"):
            patch["spec"] = {"persistentVolumeReclaimPolicy": details["reclaimPolicy"]}
        if details.get("labels"):
            patch["metadata"] = {
                "labels": {key: value for key, value in details["labels"].items() if key != names.INCLUDED_IN_STAGE_BACKUP}
            }
        try:
            await context.cluster.patch(resources.PERSISTENT_VOLUMES, volume, patch)
        except errors.KubeError as error:
            context.fail(results.CLUSTER, f"PersistentVolume {volume} did not get its reclaim policy and labels: {error}")
