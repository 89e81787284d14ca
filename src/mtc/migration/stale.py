"""What earlier migrations left behind: unfinished Backups, Restores and volume objects, and whose they were."""

from collections.abc import Iterable

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import velero_crs
from mtc.migration.scope import COMPLETED, Scope


async def live_migrations(scope: Scope) -> frozenset[str]:
    """UIDs of the migrations that have not ended, this one included."""
    found = await scope.host.list_all(resources.MIG_MIGRATIONS, namespace=scope.migration.namespace)
    return frozenset(item["metadata"]["uid"] for item in found if velero_crs.phase_of(item) != COMPLETED)


async def other_live_migrations(scope: Scope) -> frozenset[str]:
    """As `live_migrations`, without this one."""
    return await live_migrations(scope) - {scope.uid}


def unfinished(items: Iterable[Object]) -> list[Object]:
    """Those that have not come to an end."""
    return [item for item in items if velero_crs.phase_of(item) not in velero_crs.OVER]


def _maker(item: Object) -> str:
    return str((item["metadata"].get("labels") or {}).get(names.MIGRATED_BY_MIGMIGRATION, ""))


async def delete_volume_objects(scope: Scope, cluster: Client) -> int:
    """Deletes unfinished volume objects of migrations that have ended; how many.

    Those of Backups and Restores that somebody else made are left alone.
    """
    deleted = 0
    for kind, owner in ((resources.POD_VOLUME_BACKUPS, resources.BACKUPS), (resources.POD_VOLUME_RESTORES, resources.RESTORES)):
        # An item is made after its owner, and that after its migration: read in the opposite order, none is missed.
        items = unfinished(await cluster.list_all(kind, namespace=scope.namespace))
        owners = {item["metadata"]["uid"]: _maker(item) for item in await cluster.list_all(owner, namespace=scope.namespace)}
        live = await live_migrations(scope)
        for item in items:
            above = [entry["uid"] for entry in item["metadata"].get("ownerReferences") or []]
            makers = {owners[uid] for uid in above if uid in owners}
            if makers and not all(maker and maker not in live for maker in makers):
                continue
            deleted += await cluster.delete(kind, item["metadata"]["name"], namespace=scope.namespace)
    return deleted


async def delete_backups_and_restores(scope: Scope, cluster: Client) -> tuple[int, int, bool]:
    """Deletes unfinished Backups and Restores of migrations that have ended; how many, and whether one was in progress."""
    backups = await _unfinished_of_migrations(scope, cluster, resources.BACKUPS)
    restores = await _unfinished_of_migrations(scope, cluster, resources.RESTORES)
    # After them: a migration is made before what it makes, so one that is at work is not missed.
    live = await live_migrations(scope)
    backups = [item for item in backups if _maker(item) not in live]
    restores = [item for item in restores if _maker(item) not in live]
    for item in backups:
        await request_deletion(cluster, item)
        await cluster.delete(resources.BACKUPS, item["metadata"]["name"], namespace=scope.namespace)
    for item in restores:
        await cluster.delete(resources.RESTORES, item["metadata"]["name"], namespace=scope.namespace)
    busy = any(velero_crs.phase_of(item) not in velero_crs.NOT_BEGUN for item in [*backups, *restores])
    return len(backups), len(restores), busy


async def _unfinished_of_migrations(scope: Scope, cluster: Client, kind: ResourceType) -> list[Object]:
    return unfinished(await cluster.list_all(kind, namespace=scope.namespace, label_selector=names.MIGRATED_BY_MIGMIGRATION))


async def deletion_requests(cluster: Client, item: Object) -> list[Object]:
    """The DeleteBackupRequests for a Backup."""
    meta = item["metadata"]
    selector = f"{names.BACKUP_UID}={meta['uid']}"
    return await cluster.list_all(resources.DELETE_BACKUP_REQUESTS, namespace=meta["namespace"], label_selector=selector)


async def request_deletion(cluster: Client, item: Object) -> None:
    """Asks the engine to remove what the Backup has put into the bucket already."""
    meta = item["metadata"]
    labels = {names.BACKUP_NAME: names.label_value(meta["name"]), names.BACKUP_UID: meta["uid"]}
    body: Object = {
        "apiVersion": resources.DELETE_BACKUP_REQUESTS.api_version,
        "kind": resources.DELETE_BACKUP_REQUESTS.kind,
        "metadata": {"generateName": f"{meta['name']}-", "namespace": meta["namespace"], "labels": labels},
        "spec": {"backupName": meta["name"]},
    }
    if await deletion_requests(cluster, item):
        return
    # The engine deletes the Backup before the request: without a request, one that is still there has never been asked for.
    live = await cluster.find(resources.BACKUPS, meta["name"], namespace=meta["namespace"])
    if live is not None and live["metadata"]["uid"] == meta["uid"]:
        await cluster.create(resources.DELETE_BACKUP_REQUESTS, body)


def condition(kind: str, cluster: Client, *, backups: int, restores: int) -> Condition:
    """Says that Velero has to be restarted in a cluster, and why."""
    text = (
        f"{backups} Backups and {restores} Restores that earlier migrations left unfinished were deleted on cluster {cluster.name}; "
        f"its engine is going to be restarted."
    )
    return Condition(type=kind, category=conditions.REQUIRED, message=text, durable=True)


async def restart(scope: Scope, cluster: Client, label_selector: str) -> int:
    """Deletes the running pods that a selector matches; how many."""
    deleted = 0
    for pod in await cluster.list_all(resources.PODS, namespace=scope.namespace, label_selector=label_selector):
        if (pod.get("status") or {}).get("phase") != "Running" or pod["metadata"].get("deletionTimestamp"):
            continue
        try:
            deleted += await cluster.delete(resources.PODS, pod["metadata"]["name"], namespace=scope.namespace, uid=pod["metadata"]["uid"])
        except errors.Conflict:
            continue  # another pod of the same name already
    return deleted
