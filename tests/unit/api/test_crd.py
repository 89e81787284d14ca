"""The CRDs: the committed files are those of the models, and no schema refuses what MTC and Velero accept."""

import functools
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from pydantic import Field

from mtc import api
from mtc.api import base, crd

CRDS = Path(__file__).parents[3] / "deploy" / "crds"
KINDS = [pytest.param(model, id=model.KIND.kind) for model in api.kinds()]

MTC_COLUMNS = {
    "MigCluster": ["Ready", "URL", "Host", "Age"],
    "MigStorage": ["Ready", "BackupStorageProvider", "VolumeSnapshotProvider", "Age"],
    "MigPlan": ["Ready", "Source", "Target", "Storage", "Age"],
    "MigMigration": ["Ready", "Plan", "Stage", "Rollback", "Itinerary", "Phase", "Age"],
    "MigHook": ["Ready", "Image", "TargetCluster", "Age"],
    "MigAnalytic": ["Ready", "Plan", "Progress", "Resources", "Images", "ImageSize", "PVs", "PVCapacity", "Age"],
    "DirectVolumeMigrationProgress": ["Cluster", "Pod Name", "Pod Namespace", "Progress Percent", "Transfer Rate", "Age"],
    "MigrationController": [],
}
VELERO_COLUMNS = {
    "Backup": ["Status", "Errors", "Warnings", "Started", "Age"],
    "Restore": ["Backup", "Status", "Errors", "Warnings", "Age"],
    "Schedule": ["Status", "Schedule", "LastBackup", "Age", "Paused"],
    "BackupStorageLocation": ["Phase", "Last Validated", "Age", "Default"],
    "BackupRepository": ["Age", "Repository Type"],
    "PodVolumeBackup": [
        "Status",
        "Started",
        "Bytes Done",
        "Total Bytes",
        "Incremental Bytes",
        "Storage Location",
        "Age",
        "Node",
        "Uploader",
    ],
    "PodVolumeRestore": ["Status", "Started", "Bytes Done", "Total Bytes", "Storage Location", "Age", "Node", "Uploader Type"],
    "DeleteBackupRequest": ["BackupName", "Status"],
}
SHORT_NAMES = {
    "DirectVolumeMigration": "dvm",
    "DirectVolumeMigrationProgress": "dvmp",
    "DirectImageMigration": "dim",
    "DirectImageStreamMigration": "dism",
    "Backup": "bak",
    "Restore": "rst",
    "Schedule": "sched",
    "DownloadRequest": "dreq",
    "DeleteBackupRequest": "dbr",
    "PodVolumeBackup": "pvb",
    "PodVolumeRestore": "pvr",
    "BackupRepository": "repo",
    "BackupStorageLocation": "bsl",
    "VolumeSnapshotLocation": "vsl",
    "ServerStatusRequest": "ssr",
    "DataUpload": "du",
    "DataDownload": "dd",
}


@functools.cache
def schema_of(model: type[base.Resource]) -> dict[str, Any]:
    """Return the schema of a kind; it is asked for often and always the same."""
    return crd.schema(model)


def nodes(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return every node of a schema with its path."""
    inner = [(f"{path}.{key}", value) for key, value in schema.get("properties", {}).items()]
    inner += [(f"{path}[]", schema["items"])] if "items" in schema else []
    inner += [(f"{path}{{}}", schema["additionalProperties"])] if "additionalProperties" in schema else []
    return [(path, schema), *(found for where, node in inner for found in nodes(node, where))]


def version(model: type[base.Resource]) -> dict[str, Any]:
    """Return the one version of a kind's definition."""
    (only,) = crd.definition(model)["spec"]["versions"]
    return dict(only)


def test_the_committed_files_are_those_of_the_models() -> None:
    """Nobody edits the YAML by hand, and nobody forgets to write it anew."""
    assert crd.GENERATED.differing(CRDS) == []


def test_check_names_each_file_that_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed, a missing and a superfluous file are each named, with what to do; writing repairs all three."""
    assert crd.GENERATED.main([str(tmp_path)]) == 0
    assert crd.GENERATED.main(["--check", str(tmp_path)]) == 0
    (tmp_path / "backups.velero.io.yaml").write_text("kind: Nonsense\n", encoding="utf-8")
    (tmp_path / "restores.velero.io.yaml").unlink()
    (tmp_path / "olds.velero.io.yaml").write_text("kind: Old\n", encoding="utf-8")
    (tmp_path / "notes.yaml").write_text("mine: true\n", encoding="utf-8")
    assert crd.GENERATED.main(["--check", str(tmp_path)]) == 1
    complaints = capsys.readouterr().err.splitlines()
    assert len(complaints) == 3
    for name, complaint in zip(("backups", "olds", "restores"), complaints, strict=True):
        assert f"{name}.velero.io.yaml" in complaint
        assert "python -m mtc.api.crd" in complaint
    assert crd.GENERATED.main([str(tmp_path)]) == 0
    assert crd.GENERATED.main(["--check", str(tmp_path)]) == 0
    assert (tmp_path / "notes.yaml").exists(), "what we did not write is left alone"


def test_a_file_is_called_as_its_definition() -> None:
    """The names are those that `kubectl get crd` shows, and kustomize is told of all of them."""
    *definitions, (last, listing) = crd.files().items()
    assert [name for name, _ in definitions] == [f"{model.KIND.plural}.{model.KIND.group}.yaml" for model in api.kinds()]
    assert all(name == yaml.safe_load(text)["metadata"]["name"] + ".yaml" for name, text in definitions)
    assert last == "kustomization.yaml"
    assert sorted(yaml.safe_load(listing)["resources"]) == sorted(name for name, _ in definitions)


@pytest.mark.parametrize("model", KINDS)
def test_no_kind_has_a_status_subresource(model: type[base.Resource]) -> None:
    """Velero creates objects together with their status; a status subresource would drop it without a word."""
    assert "subresources" not in version(model)


@pytest.mark.parametrize("model", KINDS)
def test_the_schema_is_structural(model: type[base.Resource]) -> None:
    """Every node has one type and says nothing that API servers refuse or that changes other people's objects."""
    for path, node in nodes(schema_of(model)):
        assert "type" in node or node.get("x-kubernetes-int-or-string") is True, path
        assert not {"$ref", "$defs", "anyOf", "allOf", "oneOf", "default", "title", "x-required"} & node.keys(), path
        assert not ("properties" in node and "additionalProperties" in node), path


@pytest.mark.parametrize("model", KINDS)
def test_metadata_is_left_to_the_api_server(model: type[base.Resource]) -> None:
    """A CRD may not describe metadata, only that there is some."""
    assert schema_of(model)["properties"]["metadata"] == {"type": "object"}


@pytest.mark.parametrize("model", KINDS)
def test_only_what_is_required_refuses_null(model: type[base.Resource]) -> None:
    """Manifests of 2019 have nulls in optional fields; apart from fields with a fixed set of words all of them accept it."""
    for path, node in nodes(schema_of(model)["properties"]["spec"]):
        required = node.get("required", [])
        for key, inner in node.get("properties", {}).items():
            assert (key in required) or inner.get("nullable") is True or "enum" in inner, f"{path}.{key}"


@pytest.mark.parametrize("model", KINDS)
def test_a_status_refuses_no_new_word(model: type[base.Resource]) -> None:
    """A newer Velero on the same cluster may write a phase that we do not know."""
    assert [path for path, node in nodes(schema_of(model)["properties"]["status"]) if "enum" in node] == []


@pytest.mark.parametrize("model", KINDS)
def test_spec_and_status_may_be_absent(model: type[base.Resource]) -> None:
    """Neither MTC's nor Velero's definitions require them, so that a controller can explain what is missing."""
    assert "required" not in schema_of(model)


def test_required_is_what_mtc_and_velero_require() -> None:
    """The complete list; anything more would refuse manifests that were accepted until now."""
    required = {
        f"{model.KIND.kind}{path}": node["required"]
        for model in api.kinds()
        for path, node in nodes(schema_of(model)["properties"]["spec"], ".spec")
        if "required" in node and not path.startswith(".spec.template")
    }
    assert {path: fields for path, fields in required.items() if "matchExpressions" not in path} == {
        "MigAnalytic.spec": ["analyzeImageCount", "analyzeK8SResources", "analyzePVCapacity", "migPlanRef"],
        "MigCluster.spec": ["isHostCluster"],
        "MigHook.spec": ["custom", "image", "targetCluster"],
        "MigMigration.spec": ["stage"],
        "MigPlan.spec.hooks[]": ["executionNamespace", "phase", "reference", "serviceAccount"],
        "MigPlan.spec.includedResources[]": ["group", "kind"],
        "MigStorage.spec": ["backupStorageConfig", "backupStorageProvider"],
        "DirectVolumeMigration.spec.persistentVolumeClaims[]": ["targetAccessModes", "targetStorageClass"],
        "Backup.spec.hooks.resources[]": ["name"],
        "Backup.spec.hooks.resources[].post[]": ["exec"],
        "Backup.spec.hooks.resources[].post[].exec": ["command"],
        "Backup.spec.hooks.resources[].pre[]": ["exec"],
        "Backup.spec.hooks.resources[].pre[].exec": ["command"],
        "Backup.spec.resourcePolicy": ["kind", "name"],
        "BackupRepository.spec": ["backupStorageLocation", "maintenanceFrequency", "volumeNamespace"],
        "BackupStorageLocation.spec": ["objectStorage", "provider"],
        "BackupStorageLocation.spec.credential": ["key"],
        "BackupStorageLocation.spec.objectStorage": ["bucket"],
        "BackupStorageLocation.spec.objectStorage.caCertRef": ["key"],
        "DataDownload.spec": ["backupStorageLocation", "operationTimeout", "snapshotID", "sourceNamespace", "targetVolume"],
        "DataDownload.spec.targetVolume": ["namespace", "pv", "pvc"],
        "DataUpload.spec": ["backupStorageLocation", "operationTimeout", "snapshotType", "sourceNamespace", "sourcePVC"],
        "DataUpload.spec.csiSnapshot": ["storageClass", "volumeSnapshot"],
        "DeleteBackupRequest.spec": ["backupName"],
        "DownloadRequest.spec": ["target"],
        "DownloadRequest.spec.target": ["kind", "name"],
        "PodVolumeBackup.spec": ["backupStorageLocation", "node", "pod", "repoIdentifier", "volume"],
        "PodVolumeRestore.spec": ["backupStorageLocation", "pod", "repoIdentifier", "snapshotID", "sourceNamespace", "volume"],
        "Restore.spec.hooks.resources[]": ["name"],
        "Restore.spec.hooks.resources[].postHooks[].exec": ["command"],
        "Restore.spec.resourceModifier": ["kind", "name"],
        "Restore.spec.resourcePolicy": ["kind", "name"],
        "Schedule.spec": ["schedule", "template"],
        "VolumeSnapshotLocation.spec": ["provider"],
        "VolumeSnapshotLocation.spec.credential": ["key"],
    }


def test_special_types() -> None:
    """Times, bytes, large numbers, quantities, raw containers and maps have the schema that API servers check them by."""
    found = {
        f"{model.KIND.kind}{path}": {key: value for key, value in node.items() if key not in {"description", "nullable"}}
        for model in api.kinds()
        for path, node in nodes(schema_of(model))
    }
    assert found["MigCluster.spec.caBundle"] == {"type": "string", "format": "byte"}
    assert found["Backup.status.expiration"] == {"type": "string", "format": "date-time"}
    assert found["PodVolumeBackup.status.progress.bytesDone"] == {"type": "integer", "format": "int64"}
    assert found["DirectVolumeMigrationProgress.status.exitCode"] == {"type": "integer", "format": "int32"}
    assert found["Backup.status.errors"] == {"type": "integer"}
    assert found["MigPlan.spec.persistentVolumes[].capacity"] == {"x-kubernetes-int-or-string": True}
    assert found["Restore.spec.hooks.resources[].postHooks[].init.initContainers[]"] == {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    assert found["BackupStorageLocation.spec.config"] == {"type": "object", "additionalProperties": {"type": "string"}}
    assert found["MigrationController.spec"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert found["MigrationController.status"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert found["Backup.spec.hooks.resources[].pre[].exec.command"]["minItems"] == 1


@pytest.mark.parametrize(("kind", "expected"), [*MTC_COLUMNS.items(), *VELERO_COLUMNS.items()])
def test_lists_show_the_columns_that_people_know(kind: str, expected: list[str]) -> None:
    """`oc get` looks as it does with MTC and Velero."""
    (model,) = [one for one in api.kinds() if one.KIND.kind == kind]
    assert [column["name"] for column in version(model).get("additionalPrinterColumns", [])] == expected


def test_every_column_shows_a_field_that_exists() -> None:
    """A column with a wrong path stays empty for ever and nobody is told."""
    for model in api.kinds():
        known = {path for path, _ in nodes(schema_of(model))}
        for column in model.KIND.columns:
            path = column.path.split("[?", 1)[0]
            assert path in known or path == ".metadata.creationTimestamp", f"{model.KIND.kind}: {column.path}"


def test_the_node_of_a_pod_volume_backup_is_shown() -> None:
    """Velero's own column reads a field that does not exist; ours reads where the node is."""
    (model,) = [one for one in api.kinds() if one.KIND.kind == "PodVolumeBackup"]
    assert {"name": "Node", "type": "string", "jsonPath": ".spec.node"} in version(model)["additionalPrinterColumns"]


def test_short_names_are_mtcs_and_veleros() -> None:
    """`oc get dvm` and `oc get bsl` work; no two kinds of a group share a short name."""
    assert {model.KIND.kind: ",".join(model.KIND.short_names) for model in api.kinds() if model.KIND.short_names} == SHORT_NAMES
    assert len(set(SHORT_NAMES.values())) == len(SHORT_NAMES)


class Tree(base.Model):
    """A struct that contains itself."""

    name: str = Field(default="", description="Name.")
    children: list["Tree"] = Field(default_factory=list, description="Children.")


class Forest(base.Resource):
    """A kind with such a struct."""

    KIND: ClassVar[base.Kind] = base.migration_kind("Forest", "forests")
    spec: Tree = Field(default_factory=Tree, description="The first tree.")
    status: Tree = Field(default_factory=Tree, description="The second tree.")


def test_a_struct_inside_itself_does_not_loop() -> None:
    """Structural schemas cannot recurse: the inner struct becomes free-form, the outer one stays checked."""
    children = crd.schema(Forest)["properties"]["spec"]["properties"]["children"]
    assert children["items"] == {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "description": "A struct that contains itself.",
    }


class Choice(base.Model):
    """A struct with a field of two types."""

    value: int | list[str] = Field(default=0, description="A number or words.")


class Chooser(base.Resource):
    """A kind with such a struct."""

    KIND: ClassVar[base.Kind] = base.migration_kind("Chooser", "choosers")
    spec: Choice = Field(default_factory=Choice, description="The choice.")
    status: Choice = Field(default_factory=Choice, description="The choice again.")


def test_a_field_of_two_types_is_refused_early() -> None:
    """An API server would refuse the CRD; whoever writes such a model learns it here."""
    with pytest.raises(TypeError, match="no choice"):
        crd.schema(Chooser)


def test_names_and_durations_load_no_models() -> None:
    """Modules that only need a label do not pay for the models: the command line starts fast."""
    program = "import sys, mtc.api.names, mtc.api.durations, mtc.api.quantities; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout == "False\n"
