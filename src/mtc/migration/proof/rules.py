"""Which parts of an object belong to a cluster or to its controllers, so that two clusters may differ in them. Pure.

Declared here and nowhere else; docs/how-to/proof.md lists them for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mtc.api import names, quantities
from mtc.kube.client import Object
from mtc.migration.quiesce import kinds
from mtc.migration.quiesce import work as quiesce
from mtc.migration.swap import body as swap

#: Labels and annotations that migrations, engines, clusters and their controllers write.
_FOREIGN = (
    "velero.io/", "backup.velero.io/", "restore.velero.io/",
    "migration.openshift.io/migrated-by", "openshift.io/migrat", "openshift.io/target-", "migration.openshift.io/copy-method",
    names.INCLUDED_IN_STAGE_BACKUP,
    # Of controllers: how far they are, and what they have chosen.
    "deployment.kubernetes.io/", "deprecated.daemonset.template.generation", "batch.kubernetes.io/", "endpoints.kubernetes.io/",
    "control-plane.alpha.kubernetes.io/leader", "autoscaling.alpha.kubernetes.io/", "pv.kubernetes.io/",
    "volume.kubernetes.io/", "volume.beta.kubernetes.io/", "controller-uid", "kubernetes.io/metadata.name",
    # Of the network and the security of a node.
    "cni.projectcalico.org/", "k8s.ovn.org/", "k8s.v1.cni.cncf.io/", "openshift.io/scc", "openshift.io/internal-registry",
    "openshift.io/token-secret", "openshift.io/deployment", "kubernetes.io/service-account.uid", "kubernetes.io/limit-ranger",
)  # fmt: skip
#: Controllers that come with every cluster: what they own, they make, scale and remove by themselves.
_CONTROLLERS = frozenset(
    {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController", "DeploymentConfig", "Service", "Endpoints", "Node"}
)  # fmt: skip
_CONTROLLER_GROUPS = frozenset({"apps", "batch", "", "apps.openshift.io"})
#: Kinds that are renewed all the time, or are a record of the past.
_RENEWED = frozenset(
    {"leases.coordination.k8s.io", "endpointslices.discovery.k8s.io", "controllerrevisions.apps", "events", "events.events.k8s.io"}
)
_TOKEN_TYPES = frozenset({"kubernetes.io/service-account-token", "kubernetes.io/dockercfg"})
_TOKEN_MARKS = ("kubernetes.io/service-account.name", "openshift.io/token-secret.name")
#: Whose content an operator of the cluster writes, by annotation.
_INJECTED = ("service.beta.openshift.io/", "service.alpha.openshift.io/", "cert-manager.io/inject-", "config.openshift.io/inject-")
_WITH_AUTHORITIES = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "CustomResourceDefinition", "APIService"})
_CLAIM = "PersistentVolumeClaim"
_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DeploymentConfig"})


@dataclass(frozen=True)
class Surroundings:
    """What else is in the archive that decides about an object.

    Attributes:
        scaled: (namespace, kind, name) of workloads that an autoscaler scales.
        selecting: (namespace, name) of Services that choose their pods, and so their Endpoints.
    """

    scaled: frozenset[tuple[str, str, str]] = frozenset()
    selecting: frozenset[tuple[str, str]] = frozenset()


def target_makes_it(group_resource: str, original: Object, around: Surroundings) -> str:
    """Why the object is the target's own affair, "" where it is not."""
    meta = original["metadata"]
    if group_resource in _RENEWED:
        return "such objects are renewed by who uses them"
    # Claims outlive the workloads that had them made, and the stage Restore brings them before those.
    owners = () if original.get("kind") == _CLAIM else meta.get("ownerReferences") or ()
    owner = next((owner for owner in owners if owner.get("controller")), None)
    if owner and owner.get("kind") in _CONTROLLERS and str(owner.get("apiVersion", "")).rpartition("/")[0] in _CONTROLLER_GROUPS:
        return f"{owner['kind']} {owner.get('name')} makes and scales it"
    annotations = meta.get("annotations") or {}
    if original.get("kind") == "Secret" and original.get("type") in _TOKEN_TYPES and any(mark in annotations for mark in _TOKEN_MARKS):
        return "the target issues its own tokens"
    if original.get("kind") == "Endpoints" and (meta.get("namespace"), meta["name"]) in around.selecting:
        return "its Service chooses the pods"
    return ""


def prepared(item: Object, original: Object, around: Surroundings) -> Object:
    """What has to be on the target of an object that the restore makes: a new dict.

    Args:
        item: as the restore makes it.
        original: as it was saved.
        around: what else was saved.
    """
    item = running(item)
    meta = item["metadata"]
    kept = {field: _own(meta.get(field)) for field in ("labels", "annotations")}
    body: Object = {key: value for key, value in item.items() if key not in {"metadata", "status"}}
    kind, saved = str(item.get("kind")), original["metadata"]
    if kind == "Namespace":
        return {"kind": kind}  # an existing one is never changed
    if kind in _SCALED and (saved.get("namespace", ""), kind, saved["name"]) in around.scaled:
        body["spec"] = {key: value for key, value in (body.get("spec") or {}).items() if key != "replicas"}
    annotations = saved.get("annotations") or {}
    if any(key.startswith(_INJECTED) for key in annotations):
        body = {key: value for key, value in body.items() if key not in {"data", "binaryData"}}
    if kind in _WITH_AUTHORITIES:
        body = _without_authorities(body)
    if kind == _CLAIM:
        # Only a volume that is moved is the same one; of all others the target chooses a new one.
        is_moved = annotations.get(names.MIGRATE_TYPE) == "move"
        body["spec"] = {key: value for key, value in _measured(body).items() if is_moved or key != "volumeName"}
    return body | {"metadata": kept}


def beside(found: Object, wanted: Object) -> Object:
    """The object of the target as it is compared: without data where those are an operator's."""
    found = running(found)
    if found.get("kind") == _CLAIM:
        return found | {"spec": _measured(found)}
    left_out = {"data", "binaryData"} - wanted.keys() if _is_injected(found) else set()
    return {key: value for key, value in found.items() if key not in left_out}


def _measured(claim: Object) -> Object:
    """The spec of a claim with its sizes in bytes: servers write the same size in the shortest way."""
    spec: Object = dict(claim.get("spec") or {})
    if sizes := spec.get("resources"):
        spec["resources"] = {part: {key: _in_bytes(size) for key, size in (each or {}).items()} for part, each in sizes.items()}
    return spec


def _in_bytes(size: Any) -> Any:
    try:
        return quantities.to_bytes(size)
    except quantities.InvalidQuantity:
        return size


def running(item: Object) -> Object:
    """The object as it is to run: what a migration had stopped when it was saved may have come to the target before that, and run there."""
    workload = kinds.of(item)
    for patch in quiesce.starting(workload)(item) if workload else ():
        item = swap.merge(item, patch)
    return item


def _is_injected(item: Object) -> bool:
    return any(key.startswith(_INJECTED) for key in item["metadata"].get("annotations") or {})


def _own(marks: Any) -> dict[str, Any]:
    return {key: value for key, value in (marks or {}).items() if not key.startswith(_FOREIGN)}


def _without_authorities(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_authorities(inner) for key, inner in value.items() if key != "caBundle"}
    return [_without_authorities(inner) for inner in value] if isinstance(value, list) else value


def scaled_by(autoscaler: Object) -> tuple[str, str, str]:
    """Namespace, kind and name of what an autoscaler scales."""
    target = (autoscaler.get("spec") or {}).get("scaleTargetRef") or {}
    return autoscaler["metadata"].get("namespace", ""), str(target.get("kind")), str(target.get("name"))
