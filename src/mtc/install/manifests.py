"""The manifests of deploy/ with their choices filled in. Reads files, touches no cluster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mtc import errors
from mtc.install.least_privilege import ADMIN_BINDING

#: What stands for the image in the manifests.
_IMAGE = "mtc"
_PODS_PATH = "/var/lib/kubelet/pods"
_NAMESPACE = "openshift-migration"


class ManifestsMissing(errors.MtcError):
    """The package was installed without its manifests."""

    reason = "ManifestsMissing"


def folder() -> Path:
    """Where the manifests are: inside an installed package, or in the checkout."""
    for candidate in (Path(__file__).parent.parent / "_deploy", Path(__file__).parents[3] / "deploy"):
        if (candidate / "crds").is_dir() and (candidate / "manifests").is_dir():
            return candidate
    msg = "The manifests of the toolkit are not beside the package. Install it from a wheel, or run it from a checkout."
    raise ManifestsMissing(msg)


def definitions() -> list[dict[str, Any]]:
    """The CustomResourceDefinitions."""
    return [document for path in sorted((folder() / "crds").glob("*.*.yaml")) for document in _documents(path)]


def objects(
    *, image: str, host: bool, namespace: str, pods_path: str, least_privilege: bool = False, monitored: bool = False
) -> list[dict[str, Any]]:
    """Everything but the definitions, namespace first, MigClusters last. What is for a namespace of OpenShift is among it.

    Args:
        image: reference of the toolkit's image.
        host: whether the controller runs here.
        namespace: where everything goes.
        pods_path: the kubelet's folder of pods on the nodes.
        least_privilege: whether the controller gets roles with just the rights that it needs, in place of cluster-admin.
        monitored: whether the Prometheus operator is here, which is told of the controller's metrics.
    """
    folders = ["base", "host"] if host else ["base"]
    if host and monitored:
        folders.append("monitoring")
    if least_privilege:
        folders += ["least-privilege/host", "least-privilege/openshift"] if host else ["least-privilege/remote"]
    paths = [path for name in folders for path in sorted((folder() / "manifests" / name).glob("*.yaml")) if path.stem != "kustomization"]
    choices = {_PODS_PATH: pods_path, _NAMESPACE: namespace}
    found = [_filled(document, image, choices) for path in paths for document in _documents(path)]
    if least_privilege:
        found = [item for item in found if not is_admin_binding(item)]
    rank = {"Namespace": 0, "ServiceAccount": 1, "ConfigMap": 1, "MigCluster": 9}
    return sorted(found, key=lambda item: rank.get(item["kind"], 5))


def is_admin_binding(item: dict[str, Any]) -> bool:
    """Whether this lets the controller do everything."""
    return bool(item["kind"] == "ClusterRoleBinding" and item["metadata"]["name"] == ADMIN_BINDING)


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    for document in yaml.load_all(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # noqa: S506 — a safe loader
        if document:
            yield document


def _filled(document: dict[str, Any], image: str, choices: dict[str, str]) -> dict[str, Any]:
    filled: dict[str, Any] = _replace(document, choices)
    # The label names the project, whatever the namespace is called.
    filled["metadata"]["labels"] = document["metadata"].get("labels", {})
    for container in filled.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
        container["image"] = image
        for entry in container.get("env", []):
            if entry["name"] == "MTC_IMAGE":
                entry["value"] = image
    if filled["kind"] == "ConfigMap" and filled.get("data", {}).get("STAGE_IMAGE") == _IMAGE:
        filled["data"]["STAGE_IMAGE"] = image
    return filled


def _replace(value: Any, choices: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replace(item, choices) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(item, choices) for item in value]
    return choices.get(value, value) if isinstance(value, str) else value
