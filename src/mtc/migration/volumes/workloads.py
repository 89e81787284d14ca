"""Which kind of workload mounts a claim. A pure function over templates and pods."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType

VIRTUAL_MACHINES = ResourceType("kubevirt.io", "v1", "virtualmachines", "VirtualMachine")
UNKNOWN = "Unknown"

#: Kinds with a pod template, the most telling first: what a Deployment made is called a Deployment.
KINDS: tuple[ResourceType, ...] = (
    VIRTUAL_MACHINES,
    resources.DEPLOYMENTS,
    resources.DEPLOYMENT_CONFIGS,
    resources.STATEFUL_SETS,
    resources.DAEMON_SETS,
    resources.REPLICA_SETS,
    resources.CRON_JOBS,
    resources.JOBS,
)


@dataclass(frozen=True)
class Workloads:
    """What a namespace runs.

    Attributes:
        by_kind: its objects with pod templates, by kind.
        pods: its pods.
    """

    by_kind: Mapping[str, list[Object]] = field(default_factory=dict)
    pods: list[Object] = field(default_factory=list)


def owner_types(workloads: Workloads) -> dict[str, str]:
    """Claim name to kind of the workload that mounts it; claims that a bare pod mounts are Unknown, others are not in it."""
    found: dict[str, str] = {}
    for kind in KINDS:
        for item in workloads.by_kind.get(kind.kind, []):
            for claim in claims_of(kind, item, workloads.pods):
                found.setdefault(claim, kind.kind)
    for pod in workloads.pods:
        for claim in claims_of_pod(pod.get("spec") or {}):
            found.setdefault(claim, UNKNOWN)
    return found


def claims_of(kind: ResourceType, item: Object, pods: Iterable[Object] = ()) -> Iterator[str]:
    """Names of the claims that a workload mounts; pods tell which claims a StatefulSet has made."""
    spec = item.get("spec") or {}
    if kind == resources.CRON_JOBS:
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    template = (spec.get("template") or {}).get("spec") or {}
    yield from claims_of_pod(template)
    if kind == VIRTUAL_MACHINES:
        yield from (volume["dataVolume"]["name"] for volume in template.get("volumes") or [] if volume.get("dataVolume"))
    if kind == resources.STATEFUL_SETS:
        yield from _claims_of_stateful_set(item, pods)


def _claims_of_stateful_set(item: Object, pods: Iterable[Object]) -> Iterator[str]:
    """Claims from templates have no trace of the set on them: their names follow from those of its pods.

    Scaled to zero it has no pods; then the ordinals up to the replicas of before are unknown, and those of its status help.
    """
    spec, name = item.get("spec") or {}, item["metadata"]["name"]
    templates = [template["metadata"]["name"] for template in spec.get("volumeClaimTemplates") or []]
    start = (spec.get("ordinals") or {}).get("start") or 0
    pod_names = {f"{name}-{index}" for index in range(start, start + (spec.get("replicas") or 0))}
    for pod in pods:
        owners = pod["metadata"].get("ownerReferences") or []
        if any(owner.get("uid") == item["metadata"].get("uid") for owner in owners):
            pod_names.add(pod["metadata"]["name"])
    yield from (f"{template}-{pod_name}" for template in templates for pod_name in sorted(pod_names))


def claims_of_pod(spec: Mapping[str, Any]) -> Iterator[str]:
    """Names of the claims that a pod, or a template of one, mounts."""
    for volume in spec.get("volumes") or []:
        if claim := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
            yield str(claim)
