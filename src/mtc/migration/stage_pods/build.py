"""The body of a sleeping pod. Pure."""

from collections.abc import Mapping
from typing import Any

from mtc.api import helper_containers, names
from mtc.kube.client import Object
from mtc.migration.stage_pods.holders import Claim, Holder

#: Where a volume is mounted when no container of the application says so.
DATA_PATH = "/var/data"
_RESTRICTED_LEVEL = "pod-security.kubernetes.io/enforce"
_NOBODY = 65534


def sleeping_pod(holder: Holder, *, image: str, labels: Mapping[str, str], requests: Mapping[str, str], node: str = "") -> Object:
    """A pod that mounts the claims of the holder as the application does, and sleeps.

    It ends at once when it is deleted, has the application's rights, and lands where the volumes are: a node name of the
    template is kept, node selectors are not (a stopped DaemonSet has one that fits no node), because the volumes' own node
    affinity decides.

    Args:
        holder: what it holds, and the pod spec of the application.
        image: what sleeps.
        labels: its labels.
        requests: what each container asks for.
        node: where the claims are mounted already; the scheduler chooses where it is empty.
    """
    spec = holder.spec
    body: dict[str, Any] = {
        "containers": _containers(holder, image=image, requests=requests),
        "volumes": [{"name": volume, "persistentVolumeClaim": {"claimName": claim[1]}} for volume, claim in holder.volumes.items()],
        "terminationGracePeriodSeconds": 0,
        "enableServiceLinks": False,
    }
    kept = ("securityContext", "serviceAccountName", "automountServiceAccountToken", "nodeName", "tolerations", "imagePullSecrets")
    body |= {key: spec[key] for key in kept if spec.get(key) is not None}
    if node and not body.get("nodeName"):
        body["affinity"] = on_node(node)
    return _pod(holder.namespace, holder.name, labels, body)


def on_node(node: str) -> dict[str, Any]:
    """The affinity of a pod to one node. Not by nodeName: a kubelet without room would refuse the pod for good."""
    fields = [{"key": "metadata.name", "operator": "In", "values": [node]}]
    terms = {"nodeSelectorTerms": [{"matchFields": fields}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def orphan_pod(
    claim: Claim, *, image: str, labels: Mapping[str, str], requests: Mapping[str, str], namespace_labels: Mapping[str, str]
) -> Object:
    """A pod that mounts a claim which no workload mounts, and sleeps."""
    namespace, name = claim
    rights: dict[str, Any] = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if namespace_labels.get(_RESTRICTED_LEVEL) == "restricted":
        # Such a namespace admits no root. Elsewhere the image's own user or OpenShift's range decides.
        rights |= {"runAsNonRoot": True, "runAsUser": _NOBODY}
    container = {
        **_container("sleep", image, requests),
        "volumeMounts": [{"name": "stage", "mountPath": DATA_PATH}],
        "securityContext": rights,
    }
    body = {
        "containers": [container],
        "volumes": [{"name": "stage", "persistentVolumeClaim": {"claimName": name}}],
        "terminationGracePeriodSeconds": 0,
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
    }
    return _pod(namespace, name, labels, body)


def _pod(namespace: str, name: str, labels: Mapping[str, str], spec: dict[str, Any]) -> Object:
    meta = {"namespace": namespace, "generateName": names.stage_pod_generate_name(name), "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def _container(name: str, image: str, requests: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "infinity"],
        "resources": helper_containers.resources(requests),
    }


def _containers(holder: Holder, *, image: str, requests: Mapping[str, str]) -> list[dict[str, Any]]:
    found, mounted = [], set()
    for index, original in enumerate(holder.spec.get("containers") or []):
        mounts = _mounts(original, holder.volumes)
        if not mounts:
            continue
        mounted |= {mount["name"] for mount in mounts}
        container = {**_container(f"sleep-{index}", image, requests), "volumeMounts": mounts}
        if original.get("securityContext"):
            container["securityContext"] = original["securityContext"]
        found.append(container)
    # The engine leaves out volumes that no container mounts, for instance those of an init container only.
    rest = [volume for volume in holder.volumes if volume not in mounted]
    extra = [{"name": volume, "mountPath": f"{DATA_PATH}/{volume}"} for volume in rest]
    if extra and found:
        found[0]["volumeMounts"] = [*found[0]["volumeMounts"], *extra]
    elif extra:
        found.append({**_container("sleep-0", image, requests), "volumeMounts": extra})
    return found


def _mounts(container: Mapping[str, Any], volumes: Mapping[str, Claim]) -> list[dict[str, Any]]:
    """The container's mounts of these volumes, whole: a sub-path would be made in the volume when it is missing."""
    found: dict[str, dict[str, Any]] = {}
    for mount in container.get("volumeMounts") or []:
        if mount["name"] in volumes:
            whole = {key: value for key, value in mount.items() if key not in {"subPath", "subPathExpr"}}
            found.setdefault(mount["mountPath"], whole)
    return list(found.values())
