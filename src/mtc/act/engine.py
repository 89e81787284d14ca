"""Backups, Restores, Schedules and storage locations as a person asks for them: the manifests. Pure.

Only what the engine acts on can be asked for here; a manifest can say more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mtc.act import errors, selectors
from mtc.api import durations
from mtc.api.base import Kind
from mtc.api.velero.backup import Backup
from mtc.api.velero.backupstoragelocation import BackupStorageLocation
from mtc.api.velero.restore import Restore
from mtc.api.velero.schedule import Schedule
from mtc.engine import cron as times
from mtc.kube.client import Object


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What is backed up or restored; everything where nothing is given.

    Attributes:
        include_namespaces, exclude_namespaces, include_resources, exclude_resources: as in the spec.
        include_cluster_resources: None lets the engine decide.
        selector, or_selector: as typed, "" without one.
    """

    include_namespaces: Sequence[str] = ()
    exclude_namespaces: Sequence[str] = ()
    include_resources: Sequence[str] = ()
    exclude_resources: Sequence[str] = ()
    include_cluster_resources: bool | None = None
    selector: str = ""
    or_selector: str = ""

    def spec(self) -> Object:
        """The fields of a spec. Raises errors.Incomplete."""
        if self.selector and self.or_selector:
            raise errors.Incomplete("A label selector and several of them exclude each other. Give --selector or --or-selector.")
        found: Object = {
            "includedNamespaces": list(self.include_namespaces),
            "excludedNamespaces": list(self.exclude_namespaces),
            "includedResources": list(self.include_resources),
            "excludedResources": list(self.exclude_resources),
            "includeClusterResources": self.include_cluster_resources,
            "labelSelector": selectors.parse(self.selector) if self.selector else None,
            "orLabelSelectors": selectors.parse_any(self.or_selector) if self.or_selector else None,
        }
        return {key: value for key, value in found.items() if value not in (None, [], {})}


@dataclass(frozen=True, kw_only=True)
class Scoped:
    """The newer filters of a backup, by scope; they exclude those by resource.

    Attributes:
        include_cluster, exclude_cluster: resources without namespace.
        include_namespaced, exclude_namespaced: resources in namespaces.
    """

    include_cluster: Sequence[str] = ()
    exclude_cluster: Sequence[str] = ()
    include_namespaced: Sequence[str] = ()
    exclude_namespaced: Sequence[str] = ()

    def spec(self) -> Object:
        """The fields of a spec."""
        found = {
            "includedClusterScopedResources": self.include_cluster,
            "excludedClusterScopedResources": self.exclude_cluster,
            "includedNamespaceScopedResources": self.include_namespaced,
            "excludedNamespaceScopedResources": self.exclude_namespaced,
        }
        return {key: list(value) for key, value in found.items() if value}


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Labels and annotations, as typed."""

    labels: str = ""
    annotations: str = ""

    def metadata(self, name: str, namespace: str) -> Object:
        """The metadata of an object. Raises errors.Incomplete."""
        found: Object = {"name": name, "namespace": namespace}
        for key, text in (("labels", self.labels), ("annotations", self.annotations)):
            if text:
                found[key] = selectors.pairs(text, what=f"--{key}")
        return found


@dataclass(frozen=True, kw_only=True)
class BackupWish:
    """What a backup is to be.

    Attributes:
        filters: what is backed up.
        scoped: the same by the newer filters.
        ttl: how long it is kept, "" for the engine's own.
        location: BackupStorageLocation, "" for the default one.
        fs_backup: whether files of all pod volumes are backed up, None for those that pods name.
    """

    filters: Filters = field(default_factory=Filters)
    scoped: Scoped = field(default_factory=Scoped)
    ttl: str = ""
    location: str = ""
    fs_backup: bool | None = None

    def spec(self) -> Object:
        """The spec of a Backup. Raises errors.Incomplete, durations.InvalidDuration."""
        old, new = self.filters, self.scoped.spec()
        if new and (old.include_resources or old.exclude_resources or old.include_cluster_resources is not None):
            raise errors.Incomplete("Filters by scope exclude --include-resources, --exclude-resources and --include-cluster-resources.")
        found = {**old.spec(), **new}
        if self.ttl:
            # Written as Go writes it, which the engine and Velero both read.
            found["ttl"] = durations.format_duration(durations.parse(self.ttl))
        if self.location:
            found["storageLocation"] = self.location
        if self.fs_backup is not None:
            found["defaultVolumesToFsBackup"] = self.fs_backup
        return found


def backup(name: str, namespace: str, wish: BackupWish, marks: Marks) -> Object:
    """A Backup. Raises errors.Incomplete."""
    return _object(Backup.KIND, marks.metadata(name, namespace), wish.spec())


def schedule(name: str, namespace: str, *, cron: str, wish: BackupWish, marks: Marks, paused: bool, owner: bool) -> Object:
    """A Schedule. Raises errors.Incomplete."""
    try:
        times.after(cron, datetime.now(UTC))
    except times.InvalidCron as error:
        raise errors.Incomplete(str(error)) from error
    spec: Object = {"schedule": cron, "template": wish.spec()}
    if paused:
        spec["paused"] = True
    if owner:
        spec["useOwnerReferencesInBackup"] = True
    return _object(Schedule.KIND, marks.metadata(name, namespace), spec)


@dataclass(frozen=True, kw_only=True)
class RestoreWish:
    """What a restore is to be.

    Attributes:
        backup: name of the Backup, or
        schedule: name of the Schedule whose newest Backup is restored.
        filters: what is restored.
        mapping: namespaces that get another name, as typed.
        existing: `none` or `update`: what happens to objects that are there; "" for the engine's own.
        node_ports: whether Services keep their node ports, None for the engine's own.
    """

    backup: str = ""
    schedule: str = ""
    filters: Filters = field(default_factory=Filters)
    mapping: str = ""
    existing: str = ""
    node_ports: bool | None = None

    def spec(self) -> Object:
        """The spec of a Restore. Raises errors.Incomplete."""
        if bool(self.backup) == bool(self.schedule):
            raise errors.Incomplete("Say what is to be restored: either --from-backup or --from-schedule.")
        found: Object = {"backupName": self.backup} if self.backup else {"scheduleName": self.schedule}
        found |= self.filters.spec()
        if self.mapping:
            found["namespaceMapping"] = selectors.pairs(self.mapping, what="--namespace-mappings")
        if self.existing:
            found["existingResourcePolicy"] = self.existing
        if self.node_ports is not None:
            found["preserveNodePorts"] = self.node_ports
        return found


def restore(name: str, namespace: str, wish: RestoreWish, marks: Marks, *, now: datetime) -> Object:
    """A Restore; without a name it is called after what it restores and the time. Raises errors.Incomplete."""
    spec = wish.spec()
    return _object(Restore.KIND, marks.metadata(name or stamped(wish.backup or wish.schedule, now), namespace), spec)


def stamped(base: str, now: datetime) -> str:
    """A name with the time in it, as Velero gives them."""
    return f"{base}-{now.strftime('%Y%m%d%H%M%S')}"


def location(
    name: str,
    namespace: str,
    *,
    provider: str,
    bucket: str,
    prefix: str = "",
    credential: str = "",
    config: str = "",
    ca: str = "",
    read_only: bool = False,
    is_default: bool = False,
    sync_period: str = "",
    validation: str = "",
    labels: str = "",
) -> Object:
    """A BackupStorageLocation.

    Args:
        name: its name.
        namespace: of the engine.
        provider: aws, azure or gcp.
        bucket: bucket or container.
        prefix: folder in it.
        credential: `secret=key` of the Secret with the cloud file, "" for the engine's own.
        config: settings of the provider, as `key=value,…`.
        ca: base64 of the PEM certificates of the storage.
        read_only: whether nothing is written to it.
        is_default: whether backups that name no location go here.
        sync_period: how often the bucket is read.
        validation: how often the location is tried.
        labels: as typed.

    Raises:
        errors.Incomplete: something is no pair.
    """
    place: Object = {"bucket": bucket, **({"prefix": prefix} if prefix else {}), **({"caCert": ca} if ca else {})}
    spec: Object = {"provider": provider, "objectStorage": place}
    if config:
        spec["config"] = selectors.pairs(config, what="--config")
    if credential:
        spec["credential"] = credential_of(credential)
    spec["accessMode"] = "ReadOnly" if read_only else "ReadWrite"
    if is_default:
        spec["default"] = True
    for key, text in (("backupSyncPeriod", sync_period), ("validationFrequency", validation)):
        if text:
            spec[key] = durations.format_duration(durations.parse(text))
    return _object(BackupStorageLocation.KIND, Marks(labels=labels).metadata(name, namespace), spec)


def credential_of(text: str) -> Object:
    """`secret=key` as a reference. Raises errors.Incomplete."""
    found = list(selectors.pairs(text, what="--credential").items())
    if len(found) != 1 or not found[0][1]:
        raise errors.Incomplete("--credential names one Secret and its key: secret=key.")
    return {"name": found[0][0], "key": found[0][1]}


def _object(kind: Kind, metadata: Object, spec: Object) -> Object:
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec}
