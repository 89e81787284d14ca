"""Next steps name what is there: the cluster, the namespace, the plan and the owner that are meant."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kit.snapshots import NOW, TOOLKIT, causes, condition, copy, failed, result, run, thing, warned, well, work
from mtc.api import names
from mtc.api.migration.migplan import HookPhase, PlanHook
from mtc.diagnose import report
from mtc.diagnose.snapshot import Draft, Object
from mtc.kube.client import Client
from mtc.migration import hooks
from mtc.migration.outcome import Wait

_REFUSED = (
    "PersistentVolumeClaim {}/data was not restored: POST /api/v1/namespaces/{}/persistentvolumeclaims on cluster host: "
    'persistentvolumeclaims "data" is forbidden: exceeded quota: claims, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=0, '
    "limited: persistentvolumeclaims=0 (HTTP 403)"
)
_LEFT = "The files of PersistentVolumeClaim shop/data did not arrive on cluster host: nothing restored them."


def _fail(draft: Draft, *errors: str) -> None:
    draft.add("host", [run(condition("Failed", "Advisory", "It failed.", "StageRestoreCreated"), errors=list(errors))])


@pytest.mark.parametrize("space", ["shop", "shop-new"])
def test_the_quota_that_refused_a_claim_comes_before_the_files_that_did_not_arrive(space: str) -> None:
    """The files were read well, so nothing is said of that; commands name the namespace of the target."""
    draft = well()
    plan = draft._objects["host", "MigPlan"][TOOLKIT, "shop"]
    plan["spec"]["namespaces"] = [f"shop:{space}"]
    _fail(draft, _LEFT, _REFUSED.format(space, space))
    found = causes(draft)
    assert [item.rule for item in found] == ["pods-quota", "volume-unrestored"]
    quota, files = (item.finding for item in found)
    assert quota.things[0] == ("ResourceQuota", space, "claims", "host")
    assert f"PersistentVolumeClaim {space}/data" in quota.cause
    assert "mtc retry shop" in quota.steps[-1]
    assert not any("by itself" in step for step in quota.steps)
    assert f"PersistentVolumeClaim {space}/data were read on the source and not restored" in files.cause
    assert files.steps[0] == f"on cluster host: `kubectl -n {space} get pvc,pods,resourcequota`"
    assert not any("hostPath" in step for step in files.steps)


def test_files_that_did_not_arrive_are_told_alone_where_nothing_else_is_known() -> None:
    """Before that no rule knew anything."""
    draft = well()
    _fail(draft, _LEFT)
    (only,) = causes(draft)
    assert only.rule == "volume-unrestored"
    assert "mtc retry shop" in only.finding.steps[-1]


def test_a_volume_that_nobody_copied_is_looked_at_where_it_is() -> None:
    """No word stands for a namespace that is known."""
    draft = well()
    failed("PersistentVolumeClaim shop/data on cluster remote was not backed up: the engine made no PodVolumeBackup for it.")(draft)
    first, *_others = causes(draft)
    assert first.finding.steps[0] == "on cluster remote: `kubectl -n shop get pods,pvc -o wide`"


def test_what_a_quota_kept_waiting_starts_by_itself_only_where_something_waits() -> None:
    """Pods that a workload lacks do; what a Restore could not make does not."""
    full = 'pods "web-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'
    draft = well()
    warned("FailedCreate", full)(draft)
    assert causes(draft)[0].finding.steps[-1].endswith("starts by itself")
    _fail(draft, "x")
    assert causes(draft)[0].finding.steps[-1] == "then `mtc retry shop` goes on with what is there"
    draft = well()
    result(_REFUSED.format("shop", "shop"))(draft)
    assert "make what is missing on the target by hand" in causes(draft)[0].finding.steps[-1]
    draft._objects["host", "MigMigration"].clear()
    (explained,) = report.explain(draft.done(taken=NOW), "restore/run-final-bcdfg")
    assert "does not come by itself" in explained.findings[0].finding.steps[-1]


def _owned(kind: str, name: str, *owner: str, **content: Any) -> Object:
    meta = {"ownerReferences": [{"kind": owner[0], "name": owner[1], "controller": True}]} if owner else {}
    return thing(kind, name, "shop", meta=meta, **content)


_SUSPEND = """--type merge -p '{"spec":{"suspend":true}}'`"""
_OWNERS: dict[str, tuple[list[Object], list[str]]] = {
    "nobody": ([_owned("Pod", "p")], ["stop Pod shop/p on cluster host"]),
    "gone": ([], ["stop Pod shop/p on cluster host"]),
    "deployment": (
        [_owned("Pod", "p", "ReplicaSet", "web-1"), _owned("ReplicaSet", "web-1", "Deployment", "web"), _owned("Deployment", "web")],
        ["on cluster host: `kubectl -n shop scale deployment web --replicas=0`"],
    ),
    "set": (
        [_owned("Pod", "p", "StatefulSet", "db"), _owned("StatefulSet", "db")],
        ["on cluster host: `kubectl -n shop scale statefulset db --replicas=0`"],
    ),
    "set of an operator": (
        [_owned("Pod", "p", "StatefulSet", "db"), _owned("StatefulSet", "db", "Postgres", "main")],
        [
            "on cluster host: `kubectl -n shop scale statefulset db --replicas=0`",
            "Postgres shop/main may start StatefulSet shop/db again: stop that first",
        ],
    ),
    "daemon": ([_owned("Pod", "p", "DaemonSet", "log")], ["stop DaemonSet shop/log on cluster host"]),
    "job": (
        [_owned("Pod", "p", "Job", "report-1"), _owned("Job", "report-1", "CronJob", "report")],
        [f"on cluster host: `kubectl -n shop patch {kind} {_SUSPEND}" for kind in ("job report-1", "cronjob report")],
    ),
}


@pytest.mark.parametrize("name", _OWNERS)
def test_only_what_uses_the_volumes_is_stopped(name: str) -> None:
    """The owner of each pod as far as it is known, never everything in the namespace."""
    items, steps = _OWNERS[name]
    draft = well()
    text = "Pods on target cluster host use volumes whose content is about to be replaced: Pod shop/p. Stop their workloads there; the migration goes on by itself then."
    draft.add("host", [run(condition("Stalled", "Error", text, "VolumesInUse"), phase="EnsureStageRestore"), *items])
    first, *_others = causes(draft)
    assert first.rule == "target-in-use"
    assert list(first.finding.steps[:-1]) == steps
    assert first.finding.things[0].ref == "Pod shop/p"


def test_owners_in_a_circle_end() -> None:
    """Kubernetes does not forbid it."""
    draft = well()
    text = "Pods on target cluster host use volumes whose content is about to be replaced: Pod shop/p. Stop"
    draft.add("host", [_owned("Pod", "p", "A", "a"), _owned("A", "a", "B", "b"), _owned("B", "b", "A", "a")])
    draft.add("host", [run(condition("Stalled", "Error", text, "VolumesInUse"), phase="EnsureStageRestore")])
    assert causes(draft)[0].finding.steps[0] == "stop B shop/b on cluster host"


def test_the_source_is_named_where_it_does_not_serve_a_kind() -> None:
    """What a plan is limited to is looked for on the source; what a Restore makes, on the target."""
    draft = well()
    failed(
        f"spec.includedResources of MigPlan {TOOLKIT}/shop names Gadget.example.com, which cluster remote does not serve. Correct the plan."
    )(draft)
    first, *_others = causes(draft)
    assert first.rule == "definition-missing"
    assert first.finding.cause.startswith("Source cluster remote does not serve Gadget.example.com")
    assert first.finding.steps[0] == "on cluster remote: `kubectl api-resources`"
    assert "spec.includedResources" in first.finding.steps[1]
    result("Widget shop/w was not restored: cluster host does not serve example.com/v1 Widget. Install its definition")(draft)
    causes_ = [item.finding.cause for item in causes(draft) if item.rule == "definition-missing"]
    assert [cause.split(" does not")[0] for cause in causes_] == ["Source cluster remote", "Cluster host"]


def test_a_backup_speaks_of_the_source() -> None:
    """It is made there."""
    draft = well()
    backup = work("Backup", "stage", "Failed", failureReason='no matches for kind "Gadget" in version "example.com/v1"')
    draft.add("remote", [backup])
    first, *_others = causes(draft)
    assert first.finding.cause.startswith("Source cluster remote does not serve Gadget")
    assert "APIService" in first.finding.steps[1]


def test_who_started_a_workload_before_the_copy_was_through_is_told_with_the_way_on() -> None:
    """The migration has failed by it, so it does not go on by itself."""
    draft = well()
    _fail(
        draft,
        "Somebody has started again what this migration had stopped on source cluster remote, before the copy of its volumes was through: "
        "Deployment shop/web (field manager kubectl). What was written may be missing in the copy.",
    )
    first = causes(draft)[0]
    assert first.rule == "quiesce-rival"
    assert first.finding.things[0] == ("Deployment", "shop", "web", "remote")
    assert "mtc retry shop" in first.finding.steps[-1]


_DENIED = 'Secret shop/s was not restored: POST /api/v1/namespaces/shop/secrets on cluster host: admission webhook "deny.example.com" denied the request: no (HTTP 403)'
_EXISTS = "ConfigMap shop/c exists on cluster host and differs from the backup; it was left as it is."


def _runs(draft: Draft, **runs: tuple[str, Object]) -> None:
    for number, (name, (ended, spec)) in enumerate(runs.items()):
        item = run(condition(ended, "Advisory", ""))
        item["metadata"] |= {"name": name, "uid": f"uid-{name}", "creationTimestamp": f"2026-01-01T11:4{number}:00Z"}
        item["spec"] |= spec
        draft.add("host", [item])


@pytest.mark.parametrize("text", [_DENIED, _EXISTS])
def test_after_a_final_migration_that_was_done_no_other_one_is_advised_before_it_is_taken_back(text: str) -> None:
    """The plan would refuse it."""
    draft = well()
    result(text)(draft)
    _runs(draft, run=("SucceededWithWarnings", {}), staged=("Succeeded", {"stage": True}), failed=("Failed", {}))
    first = causes(draft)[0].finding
    assert "final migration run has been done" in first.steps[-1]
    assert "`mtc rollback shop`" in first.steps[-1]
    assert "by hand" in first.steps[-1]
    assert not any(step.endswith("then migrate again") for step in first.steps)


@pytest.mark.parametrize(
    "runs",
    [
        {"run": ("SucceededWithWarnings", {}), "back": ("Succeeded", {"rollback": True})},
        {"run": ("Succeeded", {"stage": True})},
        {"run": ("Succeeded", {"migrateState": True})},
        {"run": ("Failed", {})},
        {"run": ("Canceled", {})},
    ],
)
def test_otherwise_another_migration_may_begin(runs: dict[str, tuple[str, Object]]) -> None:
    """Also after one that was taken back."""
    draft = well()
    result(_DENIED)(draft)
    _runs(draft, **runs)
    first = next(item for item in causes(draft) if item.rule == "admission-webhook").finding
    assert first.steps[-1] == "then migrate again"


def test_a_file_that_the_source_could_not_read_is_looked_for_there() -> None:
    """No Restore was made, so none is named."""
    draft = well()
    _fail(draft, "PersistentVolumeClaim shop/data on cluster remote: 1 files failed: /a/b: lstat: file name too long.")
    for name in ("run-stage-bcdfg", "run-final-bcdfg"):
        del draft._objects["host", "Restore"][TOOLKIT, name]
    first = next(item for item in causes(draft) if item.rule == "copy-differs").finding
    assert first.cause.startswith("Single files could not be read on source cluster remote")
    assert first.steps[0] == "`mtc tree run`"
    assert first.steps[-1] == "then `mtc retry shop` goes on with what is there"
    copy("2 files failed: /a: lstat: file name too long")(draft)
    first = next(item for item in causes(draft) if item.rule == "copy-differs").finding
    assert first.steps[0] == f"on cluster remote: `kubectl -n {TOOLKIT} get podvolumebackup run-stage-bcdfg-hjklm -o yaml`"
    assert not any("restore" in step or "NAME" in step for step in first.steps)


def test_a_restore_that_differs_is_named() -> None:
    """With the name that it has."""
    draft = well()
    copy("2 files failed: /a: lstat: input/output error", "PodVolumeRestore")(draft)
    first = next(item for item in causes(draft) if item.rule == "copy-differs").finding
    assert "`mtc describe restore run-stage-bcdfg`" in first.steps[0]
    assert "NAME" not in first.steps[0]


@pytest.mark.parametrize(
    ("phase", "status", "tried"),
    [
        ("PreBackupHooks", {"failed": 1, "active": 1}, True),
        ("PreBackupHooks", {"failed": 7, "conditions": [{"type": "Failed", "status": "True"}]}, False),
        ("Completed", {"failed": 1}, False),
    ],
)
def test_a_hook_that_its_job_tries_again_has_not_failed(phase: str, status: Object, *, tried: bool) -> None:
    """The migration waits for it, and goes on by itself once it succeeds."""
    draft = well()
    labels = {names.OWNER: "uid-run", names.PHASE: "PreBackup"}
    draft.add("remote", [thing("Job", "hook", "shop", labels=labels, status=status)])
    draft.add("host", [run(phase=phase)])
    first = next(item for item in causes(draft) if item.rule == "hook-failed").finding
    assert ("tries it again" in first.cause) == tried
    assert any("`mtc cancel shop`" in step for step in first.steps) == tried
    assert ("then migrate again" in first.steps) == (not tried)
    assert first.steps[0] == "on cluster remote: `kubectl -n shop logs job/hook`"


def test_what_the_phase_says_of_a_hook_that_is_tried_again_is_no_failure() -> None:
    """In the words of the phase itself, as the watchdog passes them on."""
    draft = well()
    job = thing("Job", "hook", "shop", labels={names.OWNER: "uid-run", names.PHASE: "PreBackup"}, status={"failed": 1, "active": 1})
    draft.add("remote", [job])
    content = {
        "reference": {"namespace": TOOLKIT, "name": "check"},
        "phase": "PreBackup",
        "executionNamespace": "shop",
        "serviceAccount": "a",
    }
    wanted = PlanHook.model_validate(content)
    waits = hooks._judge(
        cast("Client", SimpleNamespace(name="remote")), wanted, HookPhase.PRE_BACKUP, job | {"spec": {"backoffLimit": 6}}, ""
    )
    assert isinstance(waits, Wait)
    stalled = {"type": "Stalled", "status": "True", "category": "Warn", "message": waits.message}
    draft.add("host", [run(stalled, phase="PreBackupHooks")])
    first = next(item for item in causes(draft) if item.rule == "hook-failed").finding
    assert "tries it again" in first.cause, first.cause
    assert waits.message in [item.text for item in first.evidence]
