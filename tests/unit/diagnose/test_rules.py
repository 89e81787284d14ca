"""What each rule says of a snapshot, that none matches a migration that is well, and that every file of the folder holds a rule."""

from pathlib import Path

import pytest

from kit.snapshots import (
    NOW,
    OLD,
    TOOLKIT,
    YOUNG,
    Change,
    causes,
    cluster,
    condition,
    copy,
    event,
    failed,
    pod,
    result,
    run,
    storage,
    thing,
    unplaced,
    volume,
    waiting,
    warned,
    well,
)
from mtc.api import names
from mtc.diagnose import case, report, rules
from mtc.diagnose.snapshot import Container, Draft, Object
from mtc.gather.redact import Redactor
from mtc.gather.secrets import Values


@pytest.mark.parametrize("name", ["run", "shop", "run-stage-bcdfg", "restore/run-final-bcdfg", "migstorage/repo"])
def test_what_is_well_matches_no_rule(name: str) -> None:
    """From wherever one asks, and the text says so."""
    (explained,) = report.explain(well().done(taken=NOW), name)
    assert [item.rule for item in explained.findings] == []
    assert any("all is well" in line for line in report.lines(explained))


def _crash(draft: Draft) -> None:
    states = [
        {
            "name": "c",
            "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}},
        }
    ]
    draft.add("host", [thing("Pod", "web", "shop", status={"phase": "Running", "containerStatuses": states}, spec={})])
    draft.tail(Container("host", "shop", "web", "c"), ["cannot reach db: password=hunter2"])


def _no_agent(draft: Draft) -> None:
    draft.add("remote", [volume("PodVolumeBackup", "New"), run(phase="StageBackupCreated")])
    draft.add("remote", [thing("DaemonSet", "node-agent", status={"desiredNumberScheduled": 0, "numberReady": 0})])
    draft.add("remote", [pod("node-agent-1", TOOLKIT, phase="Succeeded", labels={names.ROLE: "node-agent"})])


def _rival(draft: Draft) -> None:
    words = "Somebody has started again what this migration had stopped on source cluster remote: Deployment shop/web (field manager x). It has been stopped once more."
    draft.add("host", [run(condition("Stalled", "Error", words, "StartedAgain"), phase="EnsureSrcQuiesced")])
    target = {"kind": "Deployment", "name": "web"}
    draft.add("remote", [thing("HorizontalPodAutoscaler", "web", "shop", spec={"scaleTargetRef": target})])


def _hook(draft: Draft) -> None:
    labels = {names.OWNER: "uid-run", names.PHASE: "PreBackup"}
    job = thing("Job", "hook", "hooks", labels=labels, status={"conditions": [{"type": "Failed", "status": "True"}]})
    draft.add("remote", [job])
    failed(
        "The hook hooks/check for PreBackup failed: Job hooks/hook on cluster remote ended with BackoffLimitExceeded.", "PreBackupHooks"
    )(draft)


def _images(*problems: str) -> Change:
    """A migration whose images could not be copied."""

    def change(draft: Draft) -> None:
        labels, status = {"migmigration": "uid-run"}, {"phase": "Completed", "errors": list(problems)}
        copy = thing("DirectImageStreamMigration", "run-x-y", labels=labels, status=status)
        whole = {"phase": "Completed", "errors": [f"ImageStream shop/web: {text}" for text in problems]}
        draft.add("host", [copy, thing("DirectImageMigration", "run-x", labels=labels, status=whole)])
        text = "DirectImageMigration openshift-migration/run-x has failed for some images; its status.errors says which and why."
        ended = condition("SucceededWithWarnings", "Advisory", "See DirectImageMigrationFailed.", "Completed")
        draft.add("host", [run(condition("DirectImageMigrationFailed", "Warn", text), ended)])

    return change


def _volumes(*problems: str) -> Change:
    """A migration whose volumes could not be copied directly."""

    def change(draft: Draft) -> None:
        status = {"phase": "Completed", "errors": list(problems)}
        draft.add("host", [thing("DirectVolumeMigration", "run-x", labels={"migmigration": "uid-run"}, status=status)])
        text = "DirectVolumeMigration openshift-migration/run-x failed."
        failed = condition("Failed", "Advisory", "It has failed.", "WaitForDirectVolumeMigrationToComplete")
        draft.add("host", [run(condition("DirectVolumeMigrationFailed", "Warn", text), failed)])

    return change


def _gone(draft: Draft) -> None:
    del draft._objects["remote", "Namespace"]["", "shop"]
    draft.add("remote", [thing("Namespace", "other", "")])
    failed("Namespace shop does not exist on source cluster remote.")(draft)


def _moved(time: str) -> Object:
    """A copy that is under way, with its progress written last at that time."""
    copied = volume("PodVolumeBackup", "InProgress", startTimestamp=OLD)
    copied["metadata"]["managedFields"] = [{"manager": "mtc", "time": OLD}, {"manager": "mtc", "subresource": "status", "time": time}]
    return copied


def _deleting(draft: Draft) -> None:
    draft.add("host", [thing("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "fast"}, status={"phase": "Bound"},
                               meta={"deletionTimestamp": OLD, "finalizers": ["example.com/hold"]})])  # fmt: skip


_POST = "Deployment shop/web was not restored: POST /apis/apps/v1/namespaces/shop/deployments on cluster host:"
_CASES: dict[str, tuple[Change, str, str]] = {
    "unreachable": (cluster("TestConnectFailed", "GET /version on cluster remote: no answer (Connection refused)."), "cluster-unreachable", "MigCluster"),
    "silent": (lambda draft: draft.unread("remote", "GET /version on cluster remote: Cannot connect to host"), "cluster-unreachable", "MigCluster"),
    "token": (cluster("TestConnectFailed", "GET /version on cluster remote: Unauthorized (HTTP 401)"), "token-rejected", "MigCluster"),
    "ca": (cluster("TestConnectFailed", "cluster remote: certificate verify failed: self-signed"), "cluster-certificate", "MigCluster"),
    "rights": (cluster("SaTokenNotPrivileged", "The token lacks: create pods"), "forbidden", "MigCluster"),
    "invalid": (cluster("InvalidURL", "spec.url is empty.", "NotSet"), "condition", "MigCluster"),
    "no namespace": (_gone, "namespace-gone", "Namespace"),
    "clock": (storage("write x in bucket b: access is denied (RequestTimeTooSkewed: the times differ)."), "bucket-clock", "MigStorage"),
    "store ca": (storage("no answer (certificate verify failed: UnknownIssuer). Check its URL"), "bucket-certificate", "MigStorage"),
    "keys": (storage("access is denied (InvalidAccessKeyId: unknown). Check the credentials."), "bucket-credentials", "MigStorage"),
    "bucket": (storage("Cannot write x in bucket b: the bucket does not exist. Create it."), "bucket-missing", "MigStorage"),
    "slow": (storage("no answer from bucket b at http://s3 within 10 seconds. Check its URL, the network and its certificate."), "bucket-unreachable", "MigStorage"),
    "full": (storage("Cannot write x: there is no space left (QuotaExceeded). Free space."), "bucket-full", "MigStorage"),
    "locked": (copy("restic could not copy. Another program has locked it, for instance to prune."), "repository-locked", "PersistentVolumeClaim"),
    "password": (copy("restic could not copy. Its password is another one."), "repository-password", "Secret"),
    "no room": (copy("There is no space left. It said: write: no space left on device", "PodVolumeRestore"), "volume-full", "PersistentVolumeClaim"),
    "squash": (copy("2 files failed: /a: open: permission denied"), "copy-denied", "PersistentVolumeClaim"),
    "gone data": (copy("Files of the repository are gone from the storage", "PodVolumeRestore"), "repository-damaged", "PersistentVolumeClaim"),
    "killed": (copy("restic could not copy: something ended it with signal 9."), "copy-killed", "PersistentVolumeClaim"),
    "late": (failed("velero: 1 volume copies did not end within 3600 s: x."), "copy-timeout", "MigMigration"),
    "not copied": (failed("PersistentVolumeClaim shop/data on cluster remote was not backed up: the engine made no PodVolumeBackup for it."), "volume-uncopied", "PersistentVolumeClaim"),
    "no config": (copy("Repository restic/shop has no config, but 2 keys: it is damaged", "PodVolumeBackup"), "repository-damaged", "PersistentVolumeClaim"),
    "volumes lost": (failed("PersistentVolumeClaims shop/data, shop/logs on target cluster host were filled by this migration, and somebody has deleted them"), "volumes-lost", "PersistentVolumeClaim"),
    "set deletes": (failed("StatefulSet shop/db deletes its claims, and their data, when it is scaled down, which stopping it is. Set whenScaled"), "set-deletes-claims", "StatefulSet"),
    "last claims": (failed("PersistentVolumeClaims shop/data on target cluster host and Backup run-stage-x (with the files of shop/logs) of namespace openshift-migration on source cluster remote would be deleted, and source cluster remote does not have what they are copies of any more: these are the last copies. Nothing was changed."), "last-copies", "PersistentVolumeClaim"),
    "last backup": (failed("Backup run-stage-x (with the files of shop/logs) of namespace openshift-migration on source cluster remote would be deleted, and source cluster remote does not have what they are copies of any more: these are the last copies. Nothing was changed."), "last-copies", "Backup"),
    "stuck copy": (lambda draft: draft.add("remote", [_moved(OLD)]), "copy-stalled", "PodVolumeBackup"),
    "agent": (_no_agent, "node-agent-missing", "DaemonSet"),
    "rival": (_rival, "quiesce-rival", "Deployment"),
    "hook": (_hook, "hook-failed", "Job"),
    "volumes unknown": (_volumes("Volume shop/data was not copied in 20 attempts."), "volume-unsent", "DirectVolumeMigration"),
    "images refused": (_images("Tag 1: The registry refuses the login: check it."), "image-uncopied", "DirectImageStreamMigration"),
    "images unknown": (_images("Tag 1: skopeo ended with exit code 2."), "image-uncopied", "DirectImageStreamMigration"),
    "image": (waiting("ImagePullBackOff", 'Back-off pulling image "r/app:1": not found'), "image-pull", "Pod"),
    "image name": (waiting("InvalidImageName", 'couldn\'t parse image "R:::x"'), "image-pull", "Pod"),
    "secret": (waiting("CreateContainerConfigError", 'secret "db" not found'), "pods-config-missing", "Secret"),
    "crash": (_crash, "pods-crashing", "Pod"),
    "taint": (unplaced("0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}."), "pods-unschedulable", "Pod"),
    "selector": (unplaced("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."), "pods-unschedulable", "Pod"),
    "room": (unplaced("0/1 nodes are available: 1 Insufficient memory."), "pods-unschedulable", "Pod"),
    "quota": (warned("FailedCreate", 'pods "web-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'), "pods-quota", "ResourceQuota"),
    "psa": (warned("FailedCreate", 'pods "w" is forbidden: violates PodSecurity "restricted:latest": privileged'), "pod-security", "ReplicaSet"),
    "account": (warned("FailedCreate", 'pods "w" is forbidden: error looking up service account shop/runner: serviceaccount "runner" not found'), "service-account-missing", "ServiceAccount"),
    "limits": (warned("FailedCreate", 'pods "w" is forbidden: maximum cpu usage per Container is 1, but limit is 2'), "limit-range", "ReplicaSet"),
    "webhook": (result(f'{_POST} admission webhook "deny.example.com" denied the request: no (HTTP 403)'), "admission-webhook", "Deployment"),
    "dead webhook": (result(f'{_POST} Internal error occurred: failed calling webhook "x.example.com": refused (HTTP 500)'), "admission-webhook", "Deployment"),
    "definition": (result("Widget shop/w was not restored: cluster host does not serve example.com/v1 Widget. Install its definition"), "definition-missing", "Widget"),
    "exists": (result("ConfigMap shop/c exists on cluster host and differs from the backup; it was left as it is."), "name-conflict", "ConfigMap"),
    "immutable": (result('Service shop/s was not restored: PUT on cluster host: Service "s" is invalid: spec.clusterIP: Invalid value: "x": field is immutable (HTTP 422)'), "immutable-field", "Service"),
    "node port": (result('Service shop/s was not restored: POST on cluster host: Service "s" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated (HTTP 422)'), "node-port-taken", "Service"),
    "address": (result('Service shop/s was not restored: POST on cluster host: Service "s" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.9"]: failed to allocate IP 10.0.0.9: provided IP is already allocated (HTTP 422)'), "cluster-ip-taken", "Service"),
    "refused": (result('Ingress shop/i was not restored: POST on cluster host: Ingress "i" is invalid: spec.rules: Required value (HTTP 422)'), "object-refused", "Ingress"),
    "no right": (result('Role shop/r was not restored: POST on cluster host: roles is forbidden: User "system:serviceaccount:openshift-migration:velero" cannot create resource "roles" in API group "rbac.authorization.k8s.io" in the namespace "shop" (HTTP 403)'), "forbidden", "ServiceAccount"),
    "finalizer": (_deleting, "stuck-deletion", "PersistentVolumeClaim"),
    "class": (lambda draft: draft.add("host", [thing("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "gone"}, status={"phase": "Pending"})]), "claim-class-missing", "PersistentVolumeClaim"),
    "unbound": (lambda draft: draft.add("host", [thing("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "fast"}, status={"phase": "Pending"}), event("ProvisioningFailed", "no quota", "PersistentVolumeClaim", "data")]), "claim-unbound", "PersistentVolumeClaim"),
    "engine": (lambda draft: draft.add("host", [thing("Deployment", "velero", spec={"replicas": 1}, status={})]), "process-down", "Deployment"),
    "node": (lambda draft: draft.add("host", [thing("Node", "node", "", status={"conditions": [{"type": "Ready", "status": "Unknown"}]})]), "node-not-ready", "Node"),
    "stage image": (failed("ConfigMap openshift-migration/migration-cluster-config of cluster remote has no STAGE_IMAGE, the image"), "stage-image-missing", "ConfigMap"),
    "location": (failed("MigPlan openshift-migration/shop has no BackupStorageLocation in namespace openshift-migration of cluster remote."), "location-missing", "MigPlan"),
    "deleted": (failed("The stage Backup of this migration was deleted from cluster remote. Start another one."), "backup-gone", "MigMigration"),
    "undeclared": (lambda draft: draft._objects[("host", "MigStorage")].clear(), "storage-undeclared", "MigStorage"),
    "no cluster": (lambda draft: draft._objects[("host", "MigCluster")].pop((TOOLKIT, "remote")) and None, "cluster-undeclared", "MigCluster"),
    "untouched": (lambda draft: draft.add("host", [thing("MigMigration", "run", spec={"migPlanRef": {"name": "shop"}})]), "untouched", "MigMigration"),
    "unknown": (failed("The moon is in the wrong place."), "known-so-far", "MigMigration"),
}  # fmt: skip


def test_whoever_closed_a_plan_is_not_sent_to_a_rollback() -> None:
    """A closed plan cannot be rolled back; a run of it that is open can be canceled."""
    draft = well()
    draft.add("host", [run(condition("PlanClosed", "Critical", "MigPlan shop is closed."), phase="StageBackup")])
    (found,) = [item for item in causes(draft) if item.rule == "plan-conflict"]
    assert "mtc cancel" in " ".join(found.finding.steps)
    assert "roll it back" not in " ".join(found.finding.steps)


@pytest.mark.parametrize("name", _CASES)
def test_each_cause_is_told_first_with_its_object_and_steps(name: str) -> None:
    """The first finding is the cause; it names the object at fault, has proof and steps."""
    change, rule, kind = _CASES[name]
    draft = well()
    change(draft)
    first, *_others = causes(draft)
    assert first.rule == rule, [(item.rule, item.finding.cause) for item in (first, *_others)]
    assert kind in {item.kind for item in first.finding.things[:2]}
    assert first.finding.evidence
    assert first.finding.steps
    assert "hunter2" not in str(first.to_dict())


def test_a_copy_that_moves_is_no_trouble_and_neither_is_one_of_which_nobody_knows() -> None:
    """Its last progress is young, also as an archive keeps it; without that time nothing is claimed."""
    for kept in (_moved(YOUNG), Redactor(Values()).object(_moved(YOUNG)), volume("PodVolumeBackup", "InProgress", startTimestamp=OLD)):
        draft = well()
        draft.add("remote", [kept])
        assert causes(draft) == []
    draft = well()
    draft.add("remote", [Redactor(Values()).object(_moved(OLD))])
    assert [item.rule for item in causes(draft)] == ["copy-stalled"]


def test_a_pod_that_has_just_been_made_is_no_trouble() -> None:
    """It waits for its image and its volume for a moment, and its first warning is nothing."""
    draft = well()
    states = [{"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]
    status = {"phase": "Pending", "containerStatuses": states}
    draft.add("host", [thing("Pod", "web", "shop", created=YOUNG, status=status, spec={})])
    draft.add("host", [event("FailedMount", 'configmap "kube-root-ca.crt" not found', "Pod", "web")])
    assert causes(draft) == []


def test_what_no_rule_knows_of_a_pod_is_told_after_its_first_minute() -> None:
    """Before that, its first warnings pass by themselves."""
    for created, rules_ in ((YOUNG, []), ("2026-01-01T11:59:45Z", []), (OLD, ["pods-waiting"])):
        draft = well()
        states = [{"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]
        status = {"phase": "Pending", "containerStatuses": states}
        draft.add("host", [thing("Pod", "web", "shop", created=created, status=status, spec={})])
        draft.add("host", [event("FailedMount", "failed to sync configmap cache: timed out", "Pod", "web")])
        assert [item.rule for item in causes(draft)] == rules_


def test_a_cause_stands_before_its_consequences() -> None:
    """A wrong key: the storage is first, and neither the plan's condition nor the failed migration repeats it."""
    draft = well()
    _CASES["keys"][0](draft)
    failed("BackupStorageLocation openshift-migration/repo of cluster remote is not available: access is denied (InvalidAccessKeyId).")(
        draft
    )
    found = causes(draft)
    assert [item.rule for item in found] == ["bucket-credentials"]
    assert ("Secret", "openshift-config", "keys", "host") in found[0].finding.things


def test_the_text_fits_100_columns_and_has_everything() -> None:
    """Cause, objects, evidence, next steps, the application."""
    draft = well()
    _CASES["image"][0](draft)
    (explained,) = report.explain(draft.done(taken=NOW), "run")
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
    (found,) = case.cases(well().done(taken=NOW), "run")
    list(report.ranked(found))
    assert "said" in found.memo


@pytest.mark.parametrize(
    ("problem", "step"),
    [
        ("Tag 1: the way into cluster host has no bearer token, so there is none to log in with.", "right to read images"),
        ("Tag 1: Image x was not copied to y. The registry has no such image.", "push the image again on the source"),
        ("Tag 1: There is no space left: make the storage larger", "make the storage of the registry"),
        ("Tag 1: The registry gives no answer, or none that it should", "look at the pods"),
        ("Its DirectImageStreamMigration was deleted before it had ended.", "find out who deletes"),
        ("Tag 1: something else", "by hand"),
    ],
)
def test_images_that_did_not_arrive_have_a_next_step_each(problem: str, step: str) -> None:
    """By what the copy says; what the whole repeats is told once."""
    draft = well()
    _images(problem)(draft)
    (explained,) = report.explain(draft.done(taken=NOW), "run")
    found = [item.finding for item in explained.findings if item.rule == "image-uncopied"]
    assert [len(item.evidence) for item in found] == [1]
    assert step in found[0].steps[0]


@pytest.mark.parametrize(
    ("problem", "step"),
    [
        ("Volume shop/data was not copied in 2 attempts. The volume on the target is full. Make it larger.", "larger"),
        ("No sender of cluster remote has reached target cluster host: no answer has come.", "permit traffic"),
        (
            "Volume shop/data was not copied in 20 attempts. The rsync server on the target cannot be reached, or the connection broke.",
            "permit",
        ),
        ("Volume shop/data was not copied in 20 attempts. The rsync server does not let the sender in.", "Secrets"),
        ("Volume shop/data was not copied in 2 attempts. Some files could not be read or written while copying the volume.", "root"),
        ("Target cluster host does not admit a claim: exceeded quota.", "quotas"),
        ("Namespace shop on target cluster host is being deleted. Wait for its end.", "wait for the end"),
        ("Volume shop/data was not copied in 20 attempts. Its pod is gone.", "dvmp"),
    ],
)
def test_volumes_that_did_not_arrive_have_a_next_step_each(problem: str, step: str) -> None:
    """By what the copy says."""
    draft = well()
    _volumes(problem)(draft)
    (explained,) = report.explain(draft.done(taken=NOW), "run")
    found = [item.finding for item in explained.findings if item.rule == "volume-unsent"]
    assert [len(item.evidence) for item in found] == [1]
    assert step in found[0].steps[0]
