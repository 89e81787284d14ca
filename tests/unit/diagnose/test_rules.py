"""What each rule says of a snapshot, that none matches a migration that is well, and that every file of the folder holds a rule."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mtc.api import names
from mtc.diagnose import case, report, rules
from mtc.diagnose.snapshot import Container, Draft, Object, Results, Work

_NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
_OLD, _YOUNG = "2026-01-01T11:30:00Z", "2026-01-01T11:59:59Z"
_TOOLKIT = "openshift-migration"
_Change = Callable[[Draft], None]


def _object(kind: str, name: str, namespace: str = _TOOLKIT, *, created: str = _OLD, labels: Any = None, **content: Any) -> Object:
    meta: Object = {"name": name, "uid": f"uid-{name}", "labels": labels or {}, "creationTimestamp": created}
    meta |= {"namespace": namespace} if namespace else {}
    meta |= content.pop("meta", {})
    return {"kind": kind, "metadata": meta, **content}


def _condition(type_: str, category: str, message: str, reason: str = "") -> Object:
    return {"type": type_, "category": category, "message": message, "reason": reason, "status": "True"}


def _pod(name: str, namespace: str, *, phase: str = "Running", **content: Any) -> Object:
    states = [{"name": "c", "ready": True, "state": {"running": {}}}]
    return _object("Pod", name, namespace, status={"phase": phase, "containerStatuses": states}, spec={"nodeName": "node"}, **content)


def _run(*conditions: Object, phase: str = "Completed", errors: list[str] | None = None) -> Object:
    status = {"phase": phase, "conditions": list(conditions), "errors": errors or []}
    return _object("MigMigration", "run", spec={"migPlanRef": {"name": "shop"}}, status=status)


def _work(kind: str, word: str, phase: str = "Completed", **status: Any) -> Object:
    labels = {names.MIGRATED_BY_MIGMIGRATION: "uid-run"}
    return _object(kind, f"run-{word}-bcdfg", labels=labels, spec={"storageLocation": "repo"}, status={"phase": phase, **status})


def _volume(kind: str, phase: str = "Completed", *, created: str = _OLD, **status: Any) -> Object:
    work, label = ("run-stage-bcdfg", names.BACKUP_NAME if kind == "PodVolumeBackup" else names.RESTORE_NAME)
    spec = {"node": "node", "pod": {"namespace": "shop", "name": "web"}, "volume": "data"}
    meta = {"annotations": {names.PVC_NAME: "data"}}
    return _object(kind, f"{work}-hjklm", labels={label: work}, created=created, spec=spec, meta=meta, status={"phase": phase, **status})


def _event(reason: str, message: str, kind: str, name: str, namespace: str = "shop") -> Object:
    about = {"kind": kind, "name": name, "namespace": namespace}
    content = {"type": "Warning", "reason": reason, "message": message, "involvedObject": about, "lastTimestamp": _YOUNG}
    return _object("Event", f"{name}-{reason}", namespace, **content)


def _well() -> Draft:
    """Everything of a migration that has succeeded."""
    draft = Draft(_TOOLKIT)
    draft.cluster("host", is_host=True)
    draft.cluster("remote")
    ready = _condition("Ready", "Required", "ready")
    spec = {
        "namespaces": ["shop"],
        "srcMigClusterRef": {"name": "remote"},
        "destMigClusterRef": {"name": "host"},
        "migStorageRef": {"name": "repo"},
    }
    storage = {"backupStorageConfig": {"credsSecretRef": {"namespace": "openshift-config", "name": "keys"}}}
    draft.add(
        "host", [_object("MigPlan", "shop", spec=spec, status={"conditions": [ready]}), _run(_condition("Succeeded", "Advisory", ""))]
    )
    draft.add("host", [_object("MigCluster", name, spec={}, status={"conditions": [ready]}) for name in ("host", "remote")])
    draft.add("host", [_object("MigStorage", "repo", spec=storage, status={"conditions": [ready]})])
    draft.add("remote", [_work("Backup", "initial"), _work("Backup", "stage"), _volume("PodVolumeBackup")])
    draft.add("host", [_work("Restore", "stage"), _work("Restore", "final"), _volume("PodVolumeRestore")])
    for cluster in ("host", "remote"):
        location = _object("BackupStorageLocation", "repo", labels={"migplan": "uid-shop"}, status={"phase": "Available"})
        up = {"availableReplicas": 1}
        deployments = [_object("Deployment", name, spec={"replicas": 1}, status=up) for name in ("velero", "migration-controller")]
        agent = _object("DaemonSet", "node-agent", status={"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1})
        node = _object("Node", "node", "", status={"conditions": [{"type": "Ready", "status": "True"}]})
        claim = _object("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "fast"}, status={"phase": "Bound"})
        draft.add(cluster, [location, *deployments, agent, node, claim, _object("Namespace", "shop", "")])
        draft.add(cluster, [_pod("node-agent-1", _TOOLKIT, labels={names.ROLE: "node-agent"}), _pod("web", "shop")])
        draft.add(
            cluster,
            [_object("StorageClass", "fast", ""), _object("ReplicaSet", "web", "shop", spec={"replicas": 1}, status={"replicas": 1})],
        )
        for kind in ("Node", "Namespace", "StorageClass"):
            draft.covered(cluster, kind)
        for kind in ("Pod", "DaemonSet", "Deployment", "MigCluster", "MigStorage"):
            draft.covered(cluster, kind, _TOOLKIT)
    return draft


def _found(draft: Draft, name: str = "run") -> list[report.Explained]:
    (explained,) = report.explain(draft.done(taken=_NOW), name)
    return list(explained.findings)


@pytest.mark.parametrize("name", ["run", "shop", "run-stage-bcdfg", "restore/run-final-bcdfg", "migstorage/repo"])
def test_what_is_well_matches_no_rule(name: str) -> None:
    """From wherever one asks, and the text says so."""
    (explained,) = report.explain(_well().done(taken=_NOW), name)
    assert [item.rule for item in explained.findings] == []
    assert any("all is well" in line for line in report.lines(explained))


def _failed(error: str, phase: str = "StageBackupCreated") -> _Change:
    return lambda draft: draft.add("host", [_run(_condition("Failed", "Advisory", "It failed.", phase), errors=[error])])


def _copy(message: str, kind: str = "PodVolumeBackup") -> _Change:
    cluster = "remote" if kind == "PodVolumeBackup" else "host"
    return lambda draft: draft.add(cluster, [_volume(kind, "Failed", message=message)])


def _result(text: str) -> _Change:
    def change(draft: Draft) -> None:
        draft.add("host", [_work("Restore", "final", "PartiallyFailed", errors=1)])
        draft.results(Work("host", "Restore", "run-final-bcdfg"), Results(errors=(f"shop: {text}",)))

    return change


def _storage(message: str) -> _Change:
    broken = _condition("BackupStorageProviderTestFailed", "Critical", message)
    spec = {"backupStorageConfig": {"credsSecretRef": {"namespace": "openshift-config", "name": "keys"}}}
    return lambda draft: draft.add("host", [_object("MigStorage", "repo", spec=spec, status={"conditions": [broken]})])


def _cluster(type_: str, message: str, reason: str = "") -> _Change:
    broken = _condition(type_, "Critical", message, reason)
    return lambda draft: draft.add("host", [_object("MigCluster", "remote", spec={}, status={"conditions": [broken]})])


def _waiting(reason: str, message: str) -> _Change:
    states = [{"name": "c", "ready": False, "image": "r/app:1", "state": {"waiting": {"reason": reason, "message": message}}}]
    status = {"phase": "Pending", "containerStatuses": states}
    return lambda draft: draft.add("host", [_object("Pod", "web", "shop", status=status, spec={})])


def _unplaced(message: str) -> _Change:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]
    return lambda draft: draft.add("host", [_object("Pod", "web", "shop", status={"phase": "Pending", "conditions": conditions}, spec={})])


def _warned(reason: str, message: str) -> _Change:
    def change(draft: Draft) -> None:
        draft.add("host", [_object("ReplicaSet", "web", "shop", spec={"replicas": 1}, status={"replicas": 0})])
        draft.add("host", [_event(reason, message, "ReplicaSet", "web")])

    return change


def _crash(draft: Draft) -> None:
    states = [
        {
            "name": "c",
            "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}},
        }
    ]
    draft.add("host", [_object("Pod", "web", "shop", status={"phase": "Running", "containerStatuses": states}, spec={})])
    draft.tail(Container("host", "shop", "web", "c"), ["cannot reach db: password=hunter2"])


def _no_agent(draft: Draft) -> None:
    draft.add("remote", [_volume("PodVolumeBackup", "New"), _run(phase="StageBackupCreated")])
    draft.add("remote", [_object("DaemonSet", "node-agent", status={"desiredNumberScheduled": 0, "numberReady": 0})])
    draft.add("remote", [_pod("node-agent-1", _TOOLKIT, phase="Succeeded", labels={names.ROLE: "node-agent"})])


def _rival(draft: Draft) -> None:
    words = "Somebody has started again what this migration had stopped on source cluster remote: Deployment shop/web (field manager x). It has been stopped once more."
    draft.add("host", [_run(_condition("Stalled", "Error", words, "StartedAgain"), phase="EnsureSrcQuiesced")])
    target = {"kind": "Deployment", "name": "web"}
    draft.add("remote", [_object("HorizontalPodAutoscaler", "web", "shop", spec={"scaleTargetRef": target})])


def _hook(draft: Draft) -> None:
    labels = {names.OWNER: "uid-run", names.PHASE: "PreBackup"}
    job = _object("Job", "hook", "hooks", labels=labels, status={"conditions": [{"type": "Failed", "status": "True"}]})
    draft.add("remote", [job])
    _failed(
        "The hook hooks/check for PreBackup failed: Job hooks/hook on cluster remote ended with BackoffLimitExceeded.", "PreBackupHooks"
    )(draft)


def _gone(draft: Draft) -> None:
    del draft._objects["remote", "Namespace"]["", "shop"]
    draft.add("remote", [_object("Namespace", "other", "")])
    _failed("Namespace shop does not exist on source cluster remote.")(draft)


def _deleting(draft: Draft) -> None:
    draft.add("host", [_object("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "fast"}, status={"phase": "Bound"},
                               meta={"deletionTimestamp": _OLD, "finalizers": ["example.com/hold"]})])  # fmt: skip


_POST = "Deployment shop/web was not restored: POST /apis/apps/v1/namespaces/shop/deployments on cluster host:"
_CASES: dict[str, tuple[_Change, str, str]] = {
    "unreachable": (_cluster("TestConnectFailed", "GET /version on cluster remote: no answer (Connection refused)."), "cluster-unreachable", "MigCluster"),
    "silent": (lambda draft: draft.unread("remote", "GET /version on cluster remote: Cannot connect to host"), "cluster-unreachable", "MigCluster"),
    "token": (_cluster("TestConnectFailed", "GET /version on cluster remote: Unauthorized (HTTP 401)"), "token-rejected", "MigCluster"),
    "ca": (_cluster("TestConnectFailed", "cluster remote: certificate verify failed: self-signed"), "cluster-certificate", "MigCluster"),
    "rights": (_cluster("SaTokenNotPrivileged", "The token lacks: create pods"), "forbidden", "MigCluster"),
    "invalid": (_cluster("InvalidURL", "spec.url is empty.", "NotSet"), "condition", "MigCluster"),
    "no namespace": (_gone, "namespace-gone", "Namespace"),
    "clock": (_storage("write x in bucket b: access is denied (RequestTimeTooSkewed: the times differ)."), "bucket-clock", "MigStorage"),
    "store ca": (_storage("no answer (certificate verify failed: UnknownIssuer). Check its URL"), "bucket-certificate", "MigStorage"),
    "keys": (_storage("access is denied (InvalidAccessKeyId: unknown). Check the credentials."), "bucket-credentials", "MigStorage"),
    "bucket": (_storage("Cannot write x in bucket b: the bucket does not exist. Create it."), "bucket-missing", "MigStorage"),
    "slow": (_storage("no answer from bucket b at http://s3 within 10 seconds. Check its URL, the network and its certificate."), "bucket-unreachable", "MigStorage"),
    "full": (_storage("Cannot write x: there is no space left (QuotaExceeded). Free space."), "bucket-full", "MigStorage"),
    "locked": (_copy("restic could not copy. Another program has locked it, for instance to prune."), "repository-locked", "PersistentVolumeClaim"),
    "password": (_copy("restic could not copy. Its password is another one."), "repository-password", "Secret"),
    "no room": (_copy("There is no space left. It said: write: no space left on device", "PodVolumeRestore"), "volume-full", "PersistentVolumeClaim"),
    "squash": (_copy("2 files failed: /a: open: permission denied"), "copy-denied", "PersistentVolumeClaim"),
    "gone data": (_copy("Files of the repository are gone from the storage", "PodVolumeRestore"), "repository-damaged", "PersistentVolumeClaim"),
    "killed": (_copy("restic could not copy: something ended it with signal 9."), "copy-killed", "PersistentVolumeClaim"),
    "late": (_failed("velero: 1 volume copies did not end within 3600 s: x."), "copy-timeout", "MigMigration"),
    "not copied": (_failed("PersistentVolumeClaim shop/data on cluster remote was not backed up: the engine made no PodVolumeBackup for it."), "volume-uncopied", "PersistentVolumeClaim"),
    "stuck copy": (lambda draft: draft.add("remote", [_volume("PodVolumeBackup", "InProgress", startTimestamp=_OLD)]), "copy-stalled", "PodVolumeBackup"),
    "agent": (_no_agent, "node-agent-missing", "DaemonSet"),
    "rival": (_rival, "quiesce-rival", "Deployment"),
    "hook": (_hook, "hook-failed", "Job"),
    "image": (_waiting("ImagePullBackOff", 'Back-off pulling image "r/app:1": not found'), "image-pull", "Pod"),
    "image name": (_waiting("InvalidImageName", 'couldn\'t parse image "R:::x"'), "image-pull", "Pod"),
    "secret": (_waiting("CreateContainerConfigError", 'secret "db" not found'), "pods-config-missing", "Secret"),
    "crash": (_crash, "pods-crashing", "Pod"),
    "taint": (_unplaced("0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}."), "pods-unschedulable", "Pod"),
    "selector": (_unplaced("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."), "pods-unschedulable", "Pod"),
    "room": (_unplaced("0/1 nodes are available: 1 Insufficient memory."), "pods-unschedulable", "Pod"),
    "quota": (_warned("FailedCreate", 'pods "web-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'), "pods-quota", "ResourceQuota"),
    "psa": (_warned("FailedCreate", 'pods "w" is forbidden: violates PodSecurity "restricted:latest": privileged'), "pod-security", "ReplicaSet"),
    "account": (_warned("FailedCreate", 'pods "w" is forbidden: error looking up service account shop/runner: serviceaccount "runner" not found'), "service-account-missing", "ServiceAccount"),
    "limits": (_warned("FailedCreate", 'pods "w" is forbidden: maximum cpu usage per Container is 1, but limit is 2'), "limit-range", "ReplicaSet"),
    "webhook": (_result(f'{_POST} admission webhook "deny.example.com" denied the request: no (HTTP 403)'), "admission-webhook", "Deployment"),
    "dead webhook": (_result(f'{_POST} Internal error occurred: failed calling webhook "x.example.com": refused (HTTP 500)'), "admission-webhook", "Deployment"),
    "definition": (_result("Widget shop/w was not restored: cluster host does not serve example.com/v1 Widget. Install its definition"), "definition-missing", "Widget"),
    "exists": (_result("ConfigMap shop/c exists on cluster host and differs from the backup; it was left as it is."), "name-conflict", "ConfigMap"),
    "immutable": (_result('Service shop/s was not restored: PUT on cluster host: Service "s" is invalid: spec.clusterIP: Invalid value: "x": field is immutable (HTTP 422)'), "immutable-field", "Service"),
    "node port": (_result('Service shop/s was not restored: POST on cluster host: Service "s" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated (HTTP 422)'), "node-port-taken", "Service"),
    "address": (_result('Service shop/s was not restored: POST on cluster host: Service "s" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.9"]: failed to allocate IP 10.0.0.9: provided IP is already allocated (HTTP 422)'), "cluster-ip-taken", "Service"),
    "refused": (_result('Ingress shop/i was not restored: POST on cluster host: Ingress "i" is invalid: spec.rules: Required value (HTTP 422)'), "object-refused", "Ingress"),
    "no right": (_result('Role shop/r was not restored: POST on cluster host: roles is forbidden: User "system:serviceaccount:openshift-migration:velero" cannot create resource "roles" in API group "rbac.authorization.k8s.io" in the namespace "shop" (HTTP 403)'), "forbidden", "ServiceAccount"),
    "finalizer": (_deleting, "stuck-deletion", "PersistentVolumeClaim"),
    "class": (lambda draft: draft.add("host", [_object("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "gone"}, status={"phase": "Pending"})]), "claim-class-missing", "PersistentVolumeClaim"),
    "unbound": (lambda draft: draft.add("host", [_object("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "fast"}, status={"phase": "Pending"}), _event("ProvisioningFailed", "no quota", "PersistentVolumeClaim", "data")]), "claim-unbound", "PersistentVolumeClaim"),
    "engine": (lambda draft: draft.add("host", [_object("Deployment", "velero", spec={"replicas": 1}, status={})]), "process-down", "Deployment"),
    "node": (lambda draft: draft.add("host", [_object("Node", "node", "", status={"conditions": [{"type": "Ready", "status": "Unknown"}]})]), "node-not-ready", "Node"),
    "stage image": (_failed("ConfigMap openshift-migration/migration-cluster-config of cluster remote has no STAGE_IMAGE, the image"), "stage-image-missing", "ConfigMap"),
    "location": (_failed("MigPlan openshift-migration/shop has no BackupStorageLocation in namespace openshift-migration of cluster remote."), "location-missing", "MigPlan"),
    "deleted": (_failed("The stage Backup of this migration was deleted from cluster remote. Start another one."), "backup-gone", "MigMigration"),
    "undeclared": (lambda draft: draft._objects[("host", "MigStorage")].clear(), "storage-undeclared", "MigStorage"),
    "no cluster": (lambda draft: draft._objects[("host", "MigCluster")].pop((_TOOLKIT, "remote")) and None, "cluster-undeclared", "MigCluster"),
    "untouched": (lambda draft: draft.add("host", [_object("MigMigration", "run", spec={"migPlanRef": {"name": "shop"}})]), "untouched", "MigMigration"),
    "unknown": (_failed("The moon is in the wrong place."), "known-so-far", "MigMigration"),
}  # fmt: skip


@pytest.mark.parametrize("name", _CASES)
def test_each_cause_is_told_first_with_its_object_and_steps(name: str) -> None:
    """The first finding is the cause; it names the object at fault, has proof and steps."""
    change, rule, kind = _CASES[name]
    draft = _well()
    change(draft)
    first, *_others = _found(draft)
    assert first.rule == rule, [(item.rule, item.finding.cause) for item in (first, *_others)]
    assert kind in {item.kind for item in first.finding.things[:2]}
    assert first.finding.evidence
    assert first.finding.steps
    assert "hunter2" not in str(first.to_dict())


def test_a_pod_that_has_just_been_made_is_no_trouble() -> None:
    """It waits for its image and its volume for a moment, and its first warning is nothing."""
    draft = _well()
    states = [{"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]
    status = {"phase": "Pending", "containerStatuses": states}
    draft.add("host", [_object("Pod", "web", "shop", created=_YOUNG, status=status, spec={})])
    draft.add("host", [_event("FailedMount", 'configmap "kube-root-ca.crt" not found', "Pod", "web")])
    assert _found(draft) == []


def test_a_cause_stands_before_its_consequences() -> None:
    """A wrong key: the storage is first, and neither the plan's condition nor the failed migration repeats it."""
    draft = _well()
    _CASES["keys"][0](draft)
    _failed("BackupStorageLocation openshift-migration/repo of cluster remote is not available: access is denied (InvalidAccessKeyId).")(
        draft
    )
    found = _found(draft)
    assert [item.rule for item in found] == ["bucket-credentials"]
    assert ("Secret", "openshift-config", "keys", "host") in found[0].finding.things


def test_the_text_fits_100_columns_and_has_everything() -> None:
    """Cause, objects, evidence, next steps, the application."""
    draft = _well()
    _CASES["image"][0](draft)
    (explained,) = report.explain(draft.done(taken=_NOW), "run")
    lines = list(report.lines(explained))
    assert max(map(len, lines)) <= 100
    text = "\n".join(lines)
    for part in ("Cause: ", "Objects: ", "Evidence:", "Next:", "Application: ", "r/app:1"):
        assert part in text


def test_every_file_of_the_folder_holds_a_rule_of_its_name() -> None:
    """And has words for the reference."""
    folder = Path(rules.__path__[0])
    files = {path.stem.replace("_", "-") for path in folder.glob("*.py") if path.stem != "__init__"}
    assert {rule.name for rule in rules.every()} == files
    assert all(rule.looks_at and rule.matches for rule in rules.every())
    assert len(files) >= 45


def test_a_case_is_found_once_for_all_rules() -> None:
    """What rules share is computed once."""
    (found,) = case.cases(_well().done(taken=_NOW), "run")
    list(report.ranked(found))
    assert "said" in found.memo
