"""Remove what an earlier run of the demo has left: custom resources, the data in the bucket, and the shop on both clusters."""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from functools import partial

from mtc import store
from mtc.api import names
from mtc.engine import locations
from mtc.engine.errors import LocationTrouble
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.lab.demo import errors
from mtc.lab.demo.setting import PLAN, PROMOTIONS, SHOP, STORAGE, TOOLKIT, Setting
from mtc.lab.demo.until import gone
from mtc.store import port
from mtc.store.errors import StoreError

_GONE_S = 120.0
#: How long the controller has for releasing the locations of a plan that is gone, before they are removed here.
_RELEASED_S = 20.0
#: Everything that migrations of the plan make on both clusters, in the order in which it is removed.
_MADE = (
    resources.POD_VOLUME_BACKUPS,
    resources.POD_VOLUME_RESTORES,
    resources.RESTORES,
    resources.BACKUPS,
    resources.BACKUP_REPOSITORIES,
)
#: What the plan itself has there: while it exists, the controller would make them anew.
_LOCATIONS = (resources.BACKUP_STORAGE_LOCATIONS, resources.VOLUME_SNAPSHOT_LOCATIONS)


async def plan(setting: Setting) -> int:
    """Remove the plan with its migrations, and what they have made; the number of objects."""
    host = setting.target
    migrations = [item for item in await host.list_all(resources.MIG_MIGRATIONS, namespace=TOOLKIT) if is_of_plan(item)]
    for item in migrations:
        await host.delete(resources.MIG_MIGRATIONS, item["metadata"]["name"], namespace=TOOLKIT)
    if migrations:
        await gone(host, resources.MIG_MIGRATIONS, is_of_plan, namespace=TOOLKIT, deadline_s=_GONE_S)
    backups = {
        str(item["metadata"]["name"])
        for cluster in setting.clusters
        for item in await cluster.list_all(resources.BACKUPS, namespace=TOOLKIT)
        if is_of_plan(item)
    }
    await _empty_bucket(setting, backups)
    counts = await asyncio.gather(*(_remove(cluster, _MADE, backups) for cluster in setting.clusters))
    found = await host.delete(resources.MIG_PLANS, PLAN, namespace=TOOLKIT)
    if found:
        await gone(host, resources.MIG_PLANS, lambda item: item["metadata"]["name"] == PLAN, namespace=TOOLKIT, deadline_s=_GONE_S)
        await asyncio.gather(*(_until_released(cluster) for cluster in setting.clusters))
    return len(migrations) + found + sum(counts)


async def locations_left(setting: Setting) -> int:
    """Remove locations of the plan that are still there, a while after the plan; the number of objects."""
    return sum(await asyncio.gather(*(_remove(cluster, _LOCATIONS, set()) for cluster in setting.clusters)))


async def _until_released(cluster: Client) -> None:
    """Give the controller the time to remove the locations of the plan by itself."""
    for kind in _LOCATIONS:
        with contextlib.suppress(errors.StepFailed):
            await gone(cluster, kind, partial(is_made, backups=set()), namespace=TOOLKIT, deadline_s=_RELEASED_S)


def is_of_plan(item: Object) -> bool:
    """Whether a migration, Backup or Restore belongs to the demo's plan."""
    spec, labels = item.get("spec") or {}, item["metadata"].get("labels") or {}
    return PLAN in {(spec.get("migPlanRef") or {}).get("name"), labels.get(names.MIGPLAN_NAME)}


def is_made(item: Object, *, backups: set[str]) -> bool:
    """Whether an object of the toolkit on either cluster comes from the demo's plan.

    Args:
        item: of one of the kinds that migrations make.
        backups: names of the Backups of the plan.
    """
    meta, spec = item["metadata"], item.get("spec") or {}
    labels = meta.get("labels") or {}
    location = spec.get("backupStorageLocation") or ""
    return (
        is_of_plan(item)
        or spec.get("backupName") in backups
        or labels.get(names.BACKUP_NAME) in backups
        or location.startswith(f"{STORAGE}-")
        or (item["kind"] in {"BackupStorageLocation", "VolumeSnapshotLocation"} and meta["name"].startswith(f"{STORAGE}-"))
    )


async def _empty_bucket(setting: Setting, backups: set[str]) -> None:
    """Remove the data of earlier runs, so that each run copies all bytes and not only what is new."""
    for cluster in setting.clusters:
        for location in await cluster.list_all(resources.BACKUP_STORAGE_LOCATIONS, namespace=TOOLKIT):
            if not is_made(location, backups=backups):
                continue
            try:
                bucket = await locations.open_store(cluster, TOOLKIT, location["metadata"]["name"])
                await _remove_files(bucket, backups)
            except (StoreError, LocationTrouble):
                # The lab's S3 server may be a new one, which knows neither the bucket nor the key.
                continue


async def _remove_files(bucket: store.Store, backups: set[str]) -> None:
    restores = [name for name in await bucket.folders("restores/") if any(name.startswith(backup[:36]) for backup in backups)]
    for prefix in (*(f"backups/{name}/" for name in backups), *(f"restores/{name}/" for name in restores), f"restic/{SHOP}/"):
        await port.delete_folder(bucket, prefix)


async def _remove(cluster: Client, kinds: Sequence[ResourceType], backups: set[str]) -> int:
    """Remove what the demo's plan has made of these kinds; the number of objects."""
    count = 0
    for kind in kinds:
        found = {
            item["metadata"]["uid"]: item["metadata"]["name"]
            for item in await cluster.list_all(kind, namespace=TOOLKIT)
            if is_made(item, backups=backups)
        }
        for name in found.values():
            await cluster.delete(kind, name, namespace=TOOLKIT)
        if found:
            await gone(cluster, kind, partial(_is_one_of, uids=found.keys()), namespace=TOOLKIT, deadline_s=_GONE_S)
        count += len(found)
    return count


def _is_one_of(item: Object, uids: Collection[str]) -> bool:
    return item["metadata"]["uid"] in uids


async def shop(setting: Setting) -> bool:
    """Remove the shop from both clusters; whether there was one."""
    return any(await asyncio.gather(*(_remove_shop(cluster) for cluster in setting.clusters)))


async def _remove_shop(cluster: Client) -> bool:
    found = await cluster.delete(resources.NAMESPACES, SHOP)
    await gone(cluster, resources.NAMESPACES, lambda item: item["metadata"]["name"] == SHOP, namespace=None, deadline_s=_GONE_S)
    await cluster.delete(resources.CUSTOM_RESOURCE_DEFINITIONS, PROMOTIONS)
    kind = resources.CUSTOM_RESOURCE_DEFINITIONS
    await gone(cluster, kind, lambda item: item["metadata"]["name"] == PROMOTIONS, namespace=None, deadline_s=_GONE_S)
    await gone(cluster, resources.PERSISTENT_VOLUMES, _is_of_shop, namespace=None, deadline_s=_GONE_S)
    return found


def _is_of_shop(volume: Object) -> bool:
    return bool((volume["spec"].get("claimRef") or {}).get("namespace") == SHOP)
