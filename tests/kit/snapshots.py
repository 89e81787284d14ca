"""Snapshots for rules: of a migration that is well, and the objects with which one is made unwell. They need no cluster."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mtc.api import names
from mtc.diagnose import report
from mtc.diagnose.snapshot import Draft, Object, Results, Work

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLD, YOUNG = "2026-01-01T11:30:00Z", "2026-01-01T11:59:59Z"
TOOLKIT = "openshift-migration"
Change = Callable[[Draft], None]


def thing(kind: str, name: str, namespace: str = TOOLKIT, *, created: str = OLD, labels: Any = None, **content: Any) -> Object:
    """An object."""
    meta: Object = {"name": name, "uid": f"uid-{name}", "labels": labels or {}, "creationTimestamp": created}
    meta |= {"namespace": namespace} if namespace else {}
    meta |= content.pop("meta", {})
    return {"kind": kind, "metadata": meta, **content}


def condition(type_: str, category: str, message: str, reason: str = "") -> Object:
    """A condition of one of our own objects."""
    return {"type": type_, "category": category, "message": message, "reason": reason, "status": "True"}


def pod(name: str, namespace: str, *, phase: str = "Running", **content: Any) -> Object:
    """A pod that runs."""
    states = [{"name": "c", "ready": True, "state": {"running": {}}}]
    return thing("Pod", name, namespace, status={"phase": phase, "containerStatuses": states}, spec={"nodeName": "node"}, **content)


def run(*conditions: Object, phase: str = "Completed", errors: list[str] | None = None) -> Object:
    """The migration."""
    status = {"phase": phase, "conditions": list(conditions), "errors": errors or []}
    return thing("MigMigration", "run", spec={"migPlanRef": {"name": "shop"}}, status=status)


def work(kind: str, word: str, phase: str = "Completed", **status: Any) -> Object:
    """A Backup or Restore of it."""
    labels = {names.MIGRATED_BY_MIGMIGRATION: "uid-run"}
    return thing(kind, f"run-{word}-bcdfg", labels=labels, spec={"storageLocation": "repo"}, status={"phase": phase, **status})


def volume(kind: str, phase: str = "Completed", *, created: str = OLD, **status: Any) -> Object:
    """The copy of its volume."""
    work, label = ("run-stage-bcdfg", names.BACKUP_NAME if kind == "PodVolumeBackup" else names.RESTORE_NAME)
    spec = {"node": "node", "pod": {"namespace": "shop", "name": "web"}, "volume": "data"}
    meta = {"annotations": {names.PVC_NAME: "data"}}
    return thing(kind, f"{work}-hjklm", labels={label: work}, created=created, spec=spec, meta=meta, status={"phase": phase, **status})


def event(reason: str, message: str, kind: str, name: str, namespace: str = "shop") -> Object:
    """A warning."""
    about = {"kind": kind, "name": name, "namespace": namespace}
    content = {"type": "Warning", "reason": reason, "message": message, "involvedObject": about, "lastTimestamp": YOUNG}
    return thing("Event", f"{name}-{reason}", namespace, **content)


def well() -> Draft:
    """Everything of a migration that has succeeded."""
    draft = Draft(TOOLKIT)
    draft.cluster("host", is_host=True)
    draft.cluster("remote")
    ready = condition("Ready", "Required", "ready")
    spec = {
        "namespaces": ["shop"],
        "srcMigClusterRef": {"name": "remote"},
        "destMigClusterRef": {"name": "host"},
        "migStorageRef": {"name": "repo"},
    }
    storage = {"backupStorageConfig": {"credsSecretRef": {"namespace": "openshift-config", "name": "keys"}}}
    draft.add("host", [thing("MigPlan", "shop", spec=spec, status={"conditions": [ready]}), run(condition("Succeeded", "Advisory", ""))])
    draft.add("host", [thing("MigCluster", name, spec={}, status={"conditions": [ready]}) for name in ("host", "remote")])
    draft.add("host", [thing("MigStorage", "repo", spec=storage, status={"conditions": [ready]})])
    draft.add("remote", [work("Backup", "initial"), work("Backup", "stage"), volume("PodVolumeBackup")])
    draft.add("host", [work("Restore", "stage"), work("Restore", "final"), volume("PodVolumeRestore")])
    for cluster in ("host", "remote"):
        location = thing("BackupStorageLocation", "repo", labels={"migplan": "uid-shop"}, status={"phase": "Available"})
        up = {"availableReplicas": 1}
        deployments = [thing("Deployment", name, spec={"replicas": 1}, status=up) for name in ("velero", "migration-controller")]
        agent = thing("DaemonSet", "node-agent", status={"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1})
        node = thing("Node", "node", "", status={"conditions": [{"type": "Ready", "status": "True"}]})
        claim = thing("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "fast"}, status={"phase": "Bound"})
        draft.add(cluster, [location, *deployments, agent, node, claim, thing("Namespace", "shop", "")])
        draft.add(cluster, [pod("node-agent-1", TOOLKIT, labels={names.ROLE: "node-agent"}), pod("web", "shop")])
        draft.add(
            cluster,
            [thing("StorageClass", "fast", ""), thing("ReplicaSet", "web", "shop", spec={"replicas": 1}, status={"replicas": 1})],
        )
        for kind in ("Node", "Namespace", "StorageClass"):
            draft.covered(cluster, kind)
        for kind in ("Pod", "DaemonSet", "Deployment", "MigCluster", "MigStorage"):
            draft.covered(cluster, kind, TOOLKIT)
    return draft


def causes(draft: Draft, name: str = "run") -> list[report.Explained]:
    """What rules find, the root first."""
    (explained,) = report.explain(draft.done(taken=NOW), name)
    return list(explained.findings)


def failed(error: str, phase: str = "StageBackupCreated") -> Change:
    """The migration failed with this error."""
    return lambda draft: draft.add("host", [run(condition("Failed", "Advisory", "It failed.", phase), errors=[error])])


def copy(message: str, kind: str = "PodVolumeBackup") -> Change:
    """The copy of the volume failed with this message."""
    cluster = "remote" if kind == "PodVolumeBackup" else "host"
    return lambda draft: draft.add(cluster, [volume(kind, "Failed", message=message)])


def result(text: str) -> Change:
    """The Restore could not make something, for this reason."""

    def change(draft: Draft) -> None:
        draft.add("host", [work("Restore", "final", "PartiallyFailed", errors=1)])
        draft.results(Work("host", "Restore", "run-final-bcdfg"), Results(errors=(f"shop: {text}",)))

    return change


def storage(message: str) -> Change:
    """The test of the storage failed with this message."""
    broken = condition("BackupStorageProviderTestFailed", "Critical", message)
    spec = {"backupStorageConfig": {"credsSecretRef": {"namespace": "openshift-config", "name": "keys"}}}
    return lambda draft: draft.add("host", [thing("MigStorage", "repo", spec=spec, status={"conditions": [broken]})])


def cluster(type_: str, message: str, reason: str = "") -> Change:
    """The source has this condition."""
    broken = condition(type_, "Critical", message, reason)
    return lambda draft: draft.add("host", [thing("MigCluster", "remote", spec={}, status={"conditions": [broken]})])


def waiting(reason: str, message: str) -> Change:
    """A container of the target waits for this reason."""
    states = [{"name": "c", "ready": False, "image": "r/app:1", "state": {"waiting": {"reason": reason, "message": message}}}]
    status = {"phase": "Pending", "containerStatuses": states}
    return lambda draft: draft.add("host", [thing("Pod", "web", "shop", status=status, spec={})])


def unplaced(message: str) -> Change:
    """The scheduler says this of a pod of the target."""
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]
    return lambda draft: draft.add("host", [thing("Pod", "web", "shop", status={"phase": "Pending", "conditions": conditions}, spec={})])


def warned(reason: str, message: str) -> Change:
    """A ReplicaSet of the target lacks its pod, and an event says why."""

    def change(draft: Draft) -> None:
        draft.add("host", [thing("ReplicaSet", "web", "shop", spec={"replicas": 1}, status={"replicas": 0})])
        draft.add("host", [event(reason, message, "ReplicaSet", "web")])

    return change
