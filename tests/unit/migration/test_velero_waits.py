"""A Backup or Restore that says Completed is not believed about volumes: each has to be there."""

import gzip

import orjson

from kit import pieces
from mtc.api import names
from mtc.kube.client import Object
from mtc.migration import progress, velero_crs, velero_results, velero_waits

SCOPE = pieces.scope(pieces.migration("m"), pieces.plan(pieces.volume("data"), pieces.volume("logs"), pieces.volume("kept", action="skip")))


def saved(claim: str, *, phase: str = "Completed", snapshot: str = "id", annotated: bool = True, **status: str) -> Object:
    """A PodVolumeBackup of the pod `web`."""
    annotations = {names.PVC_NAME: claim} if annotated else {}
    return {
        "kind": "PodVolumeBackup",
        "metadata": {"name": f"b-{claim}", "namespace": "mig", "annotations": annotations},
        "spec": {"pod": {"namespace": "shop", "name": "web"}, "volume": f"v-{claim}"},
        "status": {"phase": phase, "snapshotID": snapshot, **status},
    }


def brought(claim: str, snapshot: str, *, phase: str = "Completed", **status: str) -> Object:
    """A PodVolumeRestore."""
    return {
        "kind": "PodVolumeRestore",
        "metadata": {"name": f"r-{claim}", "namespace": "mig"},
        "spec": {"pod": {"namespace": "shop", "name": "web"}, "volume": f"v-{claim}", "snapshotID": snapshot},
        "status": {"phase": phase, **status},
    }


def test_all_volumes_saved() -> None:
    """Nothing is said; a skipped volume needs no backup."""
    assert velero_waits.not_backed_up(SCOPE, [saved("data"), saved("logs")], []) == []


def test_a_volume_without_a_backup_is_named() -> None:
    """Although no PodVolumeBackup failed."""
    (text,) = velero_waits.not_backed_up(SCOPE, [saved("data")], [])
    assert "shop/logs" in text
    assert "cluster remote" in text


def test_a_volume_whose_backup_failed_is_named_once_with_the_reason() -> None:
    """Canceled counts as failed."""
    (text,) = velero_waits.not_backed_up(SCOPE, [saved("data", phase="Canceled"), saved("logs")], [])
    assert "shop/data" in text
    assert "Canceled" in text
    (text,) = velero_waits.not_backed_up(SCOPE, [saved("data"), saved("logs", phase="Failed", message="disk full")], [])
    assert "disk full" in text


def test_backups_by_an_engine_that_writes_no_annotation_are_matched_by_pod_and_volume() -> None:
    """The pods that hold volumes tell which claim is meant."""
    pod = pieces.pod("web", claims=("data", "logs"))
    found = [saved("data", annotated=False), saved("logs", annotated=False)]
    assert velero_waits.not_backed_up(SCOPE, found, [pod]) == []
    assert len(velero_waits.not_backed_up(SCOPE, found, [])) == 2


def test_each_snapshot_has_to_arrive() -> None:
    """An empty volume has none; a failed or missing restore is named."""
    backups = [saved("data", snapshot="1"), saved("logs", snapshot="")]
    assert velero_waits.not_restored(SCOPE, backups, [brought("data", "1")]) == []
    (missing,) = velero_waits.not_restored(SCOPE, backups, [])
    assert "shop/data" in missing
    (failed,) = velero_waits.not_restored(SCOPE, backups, [brought("data", "1", phase="Failed", message="permission denied")])
    assert "permission denied" in failed


def test_every_phase_of_newer_engines_is_known() -> None:
    """Neither over nor not begun means at work."""
    at_work = {
        "InProgress",
        "WaitingForPluginOperations",
        "WaitingForPluginOperationsPartiallyFailed",
        "Finalizing",
        "FinalizingPartiallyFailed",
    }
    assert not at_work & (velero_crs.OVER | velero_crs.NOT_BEGUN)
    assert {"Queued", "ReadyToStart"} <= velero_crs.NOT_BEGUN


def test_names_of_backups_and_restores() -> None:
    """GenerateName is the migration's name, cut, and the word."""
    long = pieces.scope(pieces.migration("x" * 100), pieces.plan())
    body = velero_crs.body(long, velero_crs.INITIAL_BACKUP, {}, {})
    assert body["metadata"]["generateName"] == "x" * 48 + "-initial-"
    body = velero_crs.body(SCOPE, velero_crs.STAGE_RESTORE, {}, {"a": "b"})
    assert body["metadata"]["generateName"] == "m-stage-"
    assert body["metadata"]["annotations"] == {names.MIGMIGRATION_TYPE: "final", "a": "b"}


def test_the_restore_leaves_out_what_the_target_does_not_know() -> None:
    """As resource.group, and maps only what has another name."""
    plan = pieces.plan(namespaces=("shop:new", "db"))
    gvks = [{"group": "old.io", "version": "v1", "kind": "things"}, {"group": "", "version": "v1", "kind": "relics"}]
    plan.status = type(plan.status).model_validate({"incompatibleNamespaces": [{"name": "shop", "gvks": gvks}]})
    spec = velero_crs.restore_spec(pieces.scope(pieces.migration(), plan), {"metadata": {"name": "b"}})
    assert spec == {
        "backupName": "b",
        "restorePVs": True,
        "excludedResources": ["relics", "things.old.io"],
        "namespaceMapping": {"shop": "new"},
    }


def test_amounts() -> None:
    """Plain below 1000, then two decimals."""
    figures = [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (12_340_000, "12.34 MB"), (5 * 10**18, "5.00 EB")]
    assert [progress.amount(size) for size, _ in figures] == [text for _, text in figures]


def test_lines_of_progress() -> None:
    """Each names its object, its counts and how long it has taken."""
    item = {
        "kind": "Backup",
        "metadata": {"name": "b", "namespace": "mig"},
        "status": {"phase": "InProgress", "startTimestamp": "2026-11-23T11:58:58Z", "progress": {"itemsBackedUp": 3, "totalItems": 9}},
    }
    assert progress.backup(item, now=pieces.NOW) == "Backup mig/b: 3 of about 9 objects backed up (1m2s)"
    assert progress.backup({**item, "status": {}}, now=pieces.NOW) == "Backup mig/b: not started"
    refused = {**item, "status": {"phase": "FailedValidation", "validationErrors": ["no such location"]}}
    assert "no such location" in progress.backup(refused, now=pieces.NOW)
    volume = brought("data", "1", phase="InProgress")
    assert "waits for its turn" in progress.pod_volume_restore(volume, now=pieces.NOW)
    volume["status"]["progress"] = {"totalBytes": 2000, "bytesDone": 500}
    assert "500 B of 2.00 kB restored" in progress.pod_volume_restore(volume, now=pieces.NOW)


def test_errors_are_read_from_the_results_file() -> None:
    """The first ten, by namespace, and how many more there are; a file that is none gives none."""
    content = {
        "errors": {"velero": ["engine"], "namespaces": {"shop": [f"object {number}" for number in range(12)]}},
        "warnings": {"cluster": ["left"]},
    }
    found = velero_results.parse(gzip.compress(orjson.dumps(content)))
    assert found[:2] == ["engine", "shop: object 0"]
    assert found[-1] == "and 3 more"
    assert len(found) == 11
    assert velero_results.parse(gzip.compress(orjson.dumps(content)), "warnings") == ["left"]
    assert velero_results.parse(b"not gzip") == []
    assert velero_results.parse(gzip.compress(b"{")) == []


def test_a_completed_volume_without_figures_is_not_called_empty() -> None:
    """Only a backup without a snapshot is of an empty volume."""
    assert progress.pod_volume_restore(brought("data", "1"), now=pieces.NOW).endswith(": completed")
    assert progress.pod_volume_backup(saved("data"), now=pieces.NOW).endswith(": completed")
    assert progress.pod_volume_backup(saved("data", snapshot=""), now=pieces.NOW).endswith(": the volume is empty")
