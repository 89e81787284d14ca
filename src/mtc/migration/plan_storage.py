"""A plan's own locations on a cluster: credentials Secret, BackupStorageLocation, VolumeSnapshotLocation.

Each plan has its own, found by labels with the plan's UID, so that plans with different storage or credentials never
overwrite each other. What somebody deletes or edits is made good by the next pass. They outlive the plan for as long as a
Backup needs them, because Backups stay readable until they expire; see docs/decisions/0003.
"""

import base64
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from mtc.api import names
from mtc.api.migration.migplan import MigPlan
from mtc.api.migration.migstorage import MigStorage
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.kube.transport import Transport
from mtc.migration import locations, providers
from mtc.migration.migration_registry import parts

_MIG_PLAN = "MigPlan"
#: The kinds of which a plan has objects of its own.
OURS = (resources.BACKUP_STORAGE_LOCATIONS, resources.VOLUME_SNAPSHOT_LOCATIONS, resources.SECRETS)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a plan needs on its clusters.

    Attributes:
        plan: the plan.
        storage: its MigStorage.
        secret, snapshot_secret: the credentials that a person made; the second only where snapshots have their own.
        installation: identifies the host cluster, so that controllers of two hosts leave each other's locations alone.
    """

    plan: MigPlan
    storage: MigStorage
    secret: Object
    snapshot_secret: Object | None
    installation: str

    @property
    def labels(self) -> dict[str, str]:
        """By which everything is found again."""
        return labels_of(self.plan.uid) | {names.MIGRATION_CONTROLLER_LABEL: self.installation}


def labels_of(plan_uid: str) -> dict[str, str]:
    """The labels on everything that belongs to a plan."""
    return names.correlation_labels(_MIG_PLAN, plan_uid)


def selector(labels: dict[str, str]) -> str:
    """A label selector for all of these labels."""
    return ",".join(f"{key}={value}" for key, value in labels.items())


class Made:
    """For which plans this process may have made a BackupStorageLocation that a mirror does not show yet, by connection."""

    def __init__(self) -> None:
        self._plans: WeakKeyDictionary[Transport, set[str]] = WeakKeyDictionary()

    def note(self, cluster: Client, plan_uid: str) -> None:
        """One is about to be made."""
        self._plans.setdefault(cluster.transport, set()).add(plan_uid)

    def seen(self, cluster: Client, plan_uid: str) -> None:
        """The mirror shows it: from here on it shows its end as well."""
        self._plans.get(cluster.transport, set()).discard(plan_uid)

    def may_have(self, cluster: Client, plan_uid: str) -> bool:
        """Whether the server knows more than the mirror."""
        return plan_uid in self._plans.get(cluster.transport, ())


async def ensure(cluster: Client, wanted: Wanted, *, namespace: str, resource_group: str, made: Made) -> None:
    """Makes Secret and locations of a plan what they must be.

    Args:
        cluster: where.
        wanted: for which plan and storage.
        namespace: where the toolkit lives on every cluster.
        resource_group: Azure resource group of the cluster's volumes, "" where there is none.
        made: what this process has made.

    Raises:
        KubeError: the cluster failed.
    """
    known = providers.known()
    spec = wanted.storage.spec
    provider = known[spec.backup_storage_provider]
    snapshot_provider = known[spec.volume_snapshot_provider or spec.backup_storage_provider]
    name = names.volume_snapshot_location_name(wanted.storage.name, wanted.plan.uid)
    credentials = {name: provider.credential(providers.keys_of(wanted.secret), resource_group)}
    snapshot_name = name
    if wanted.snapshot_secret is not None:
        snapshot_name = f"{name}-snapshots"
        credentials[snapshot_name] = snapshot_provider.credential(providers.keys_of(wanted.snapshot_secret), resource_group)
    secrets = await _of_plan(cluster, resources.SECRETS, wanted.plan.uid, namespace)
    for secret_name, content in credentials.items():
        data = {names.CLOUD_SECRET_KEY: base64.b64encode(content).decode()}
        body = _object(resources.SECRETS, namespace, secret_name, wanted, data=data, type="Opaque")
        await _ensure_named(cluster, resources.SECRETS, body, secrets)
    location = locations.backup_location(wanted.storage, provider, wanted.secret, credential_name=name)
    await _ensure_backup_location(cluster, wanted, location, namespace=namespace, made=made)
    snapshots = locations.snapshot_location(wanted.storage, snapshot_provider, credential_name=snapshot_name)
    kind = resources.VOLUME_SNAPSHOT_LOCATIONS
    known_snapshots = await _of_plan(cluster, kind, wanted.plan.uid, namespace)
    await _ensure_named(cluster, kind, _object(kind, namespace, name, wanted, spec=snapshots), known_snapshots)
    await _remove_stale(cluster, resources.SECRETS, secrets, keep=credentials)
    await _remove_stale(cluster, kind, known_snapshots, keep={name})


async def backup_location(cluster: Client, plan_uid: str, *, namespace: str) -> Object | None:
    """The BackupStorageLocation of a plan on a cluster; the oldest, should there ever be two."""
    found = await _of_plan(cluster, resources.BACKUP_STORAGE_LOCATIONS, plan_uid, namespace)
    found = [item for item in found if not item["metadata"].get("deletionTimestamp")]
    return min(found, key=lambda item: (item["metadata"]["creationTimestamp"], item["metadata"]["name"]), default=None)


async def _ensure_backup_location(cluster: Client, wanted: Wanted, spec: dict[str, Any], *, namespace: str, made: Made) -> None:
    kind, uid = resources.BACKUP_STORAGE_LOCATIONS, wanted.plan.uid
    found = await backup_location(cluster, uid, namespace=namespace)
    if found is not None:
        made.seen(cluster, uid)
    elif made.may_have(cluster, uid):
        # The mirror may not have seen yet what the pass before this one made, and the server would take a second one.
        found = await backup_location(cluster.live, uid, namespace=namespace)
    if found is not None:
        await _correct(cluster, kind, found, {"spec": spec}, wanted.labels)
        return
    body = _object(kind, namespace, "", wanted, spec=spec)
    body["metadata"]["generateName"] = names.generate_name(wanted.storage.name)
    # Before, because an answer that is lost leaves it open whether one was made.
    made.note(cluster, uid)
    await cluster.create(kind, body)


async def _ensure_named(cluster: Client, kind: ResourceType, body: Object, known: Sequence[Object]) -> None:
    meta = body["metadata"]
    found = next((item for item in known if item["metadata"]["name"] == meta["name"]), None)
    if found is None:
        try:
            await cluster.create(kind, body)
        except errors.AlreadyExists:
            # Made a moment ago, or one that has lost its labels and so is not among those that are known.
            found = await cluster.live.find(kind, meta["name"], namespace=meta["namespace"])
    if found is not None:
        content: Object = {key: body[key] for key in ("spec", "data") if key in body}
        await _correct(cluster, kind, found, content, meta["labels"])


async def _correct(cluster: Client, kind: ResourceType, found: Object, content: Object, labels: dict[str, str]) -> None:
    """Writes the fields that differ; what is ours is replaced whole, what others added beside it stays.

    A merge patch without resourceVersion: the engine writes the status of a location at any time, which is no conflict.
    """
    marks = found["metadata"].get("labels") or {}
    fields = {key: merged(found.get(key) or {}, value, keep=key == "spec") for key, value in content.items()}
    patch: Object = {key: value for key, value in fields.items() if value}
    if labels.items() - marks.items():
        patch["metadata"] = {"labels": labels}
    if patch:
        try:
            await cluster.patch(kind, found["metadata"]["name"], patch, namespace=found["metadata"]["namespace"])
        except errors.NotFound:
            return  # deleted meanwhile: its watch wakes the plan


def merged(old: Object, new: Object, *, keep: bool) -> Object:
    """The merge patch that makes `new` of `old`; `keep` leaves fields alone that are only in `old`."""
    patch: Object = {} if keep else {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            if inner := merged(before, value, keep=False):
                patch[key] = inner
        elif before != value:
            patch[key] = value
    return patch


def _object(kind: ResourceType, namespace: str, name: str, wanted: Wanted, **content: Any) -> Object:
    meta: Object = {"namespace": namespace, "labels": wanted.labels} | ({"name": name} if name else {})
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **content}


async def _remove_stale(cluster: Client, kind: ResourceType, found: Iterable[Object], *, keep: Collection[str]) -> None:
    """Removes what the plan had for another MigStorage; its BackupStorageLocation has been redirected."""
    for item in found:
        meta = item["metadata"]
        if meta["name"] not in keep and (kind != resources.SECRETS or _is_credential(item)):
            await cluster.delete(kind, meta["name"], namespace=meta["namespace"], uid=meta["uid"])


def _is_credential(secret: Object) -> bool:
    # A plan's registry has a Secret with the same labels; only cloud credentials have this key.
    marks = secret["metadata"].get("labels") or {}
    return names.CLOUD_SECRET_KEY in (secret.get("data") or {}) and names.MIGRATION_REGISTRY_LABEL not in marks


async def release(cluster: Client, plan_uid: str, *, namespace: str) -> bool:
    """Removes the locations of a plan that nobody needs any more. Whether that was all: False while Backups still need them.

    A registry goes at once: it is there for the time of a migration, and one that was deleted in the middle of its work has left it behind.
    """
    found = {kind: await _of_plan(cluster, kind, plan_uid, namespace) for kind in OURS}
    if parts.has_any(found[resources.SECRETS]):
        await parts.remove(cluster, plan_uid, namespace=namespace)
    locations_ = {item["metadata"]["name"] for item in found[resources.BACKUP_STORAGE_LOCATIONS]}
    if await _is_needed(cluster, locations_, namespace):
        return False
    for kind, items in found.items():
        for item in items:
            if kind != resources.SECRETS or _is_credential(item):
                await cluster.delete(kind, item["metadata"]["name"], namespace=namespace, uid=item["metadata"]["uid"])
    return True


async def owners(cluster: Client, *, installation: str, namespace: str) -> set[str]:
    """UIDs of all plans that have locations of this installation on a cluster."""
    marks = {names.PART_OF: names.PART_OF_VALUE, names.MIGRATION_CONTROLLER_LABEL: installation}
    uids: set[str] = set()
    for kind in OURS:
        for item in await cluster.list_all(kind, namespace=namespace, label_selector=selector(marks)):
            uids.add((item["metadata"].get("labels") or {}).get(_MIG_PLAN.lower(), ""))
    return uids - {""}


async def _of_plan(cluster: Client, kind: ResourceType, plan_uid: str, namespace: str) -> list[Object]:
    return await cluster.list_all(kind, namespace=namespace, label_selector=selector(labels_of(plan_uid)))


async def _is_needed(cluster: Client, location_names: set[str], namespace: str) -> bool:
    if not location_names:
        return False
    try:
        async for backup in cluster.iterate(resources.BACKUPS, namespace=namespace):
            if (backup.get("spec") or {}).get("storageLocation") in location_names:
                return True
    except errors.NotServed:
        return False
    return False
