"""Who holds which claims. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration.quiesce import selection

#: Namespace and name of a claim in the source.
Claim = tuple[str, str]


@dataclass(frozen=True)
class Holder:
    """A pod, or what a pod is made from, and the claims that it mounts.

    Attributes:
        namespace: where.
        name: of the pod or the workload.
        spec: its pod spec.
        volumes: the claim behind each of its volumes, by the volume's name.
    """

    namespace: str
    name: str
    spec: Mapping[str, Any]
    volumes: Mapping[str, Claim]


def of_pod(pod: Object) -> Holder:
    """What a pod mounts."""
    meta = pod["metadata"]
    return Holder(meta["namespace"], meta["name"], pod["spec"], _volumes(meta["namespace"], pod["spec"]))


def of_workload(item: Object, template: Object, claims: Iterable[Claim]) -> list[Holder]:
    """What the pods of a workload would mount: one holder, for a StatefulSet one for each of its ordinals.

    Args:
        item: the workload.
        template: its pod template.
        claims: the claims that exist, to find those that a StatefulSet has made.
    """
    meta, spec = item["metadata"], template.get("spec") or {}
    base = _volumes(meta["namespace"], spec)
    if item["kind"] != resources.STATEFUL_SETS.kind:
        return [Holder(meta["namespace"], meta["name"], spec, base)] if base else []
    ordinals: dict[str, dict[str, Claim]] = {}
    for claim in sorted(claims):
        volume = selection.template_of(item, claim[1]) if claim[0] == meta["namespace"] else None
        if volume:
            ordinals.setdefault(claim[1].rpartition("-")[2], {})[volume] = claim
    found = [Holder(meta["namespace"], f"{meta['name']}-{ordinal}", spec, {**base, **made}) for ordinal, made in sorted(ordinals.items())]
    return found or ([Holder(meta["namespace"], meta["name"], spec, base)] if base else [])


def cover(holders: Iterable[Holder], wanted: Iterable[Claim]) -> list[Holder]:
    """The holders to use so that each wanted claim is held once, each with only the claims that it shall hold.

    Those with the most claims come first, so that an application's volumes stay together in one pod.
    """
    left, chosen = set(wanted), []
    for holder in sorted(holders, key=lambda entry: (-len(set(entry.volumes.values()) & left), entry.namespace, entry.name)):
        mine: dict[str, Claim] = {}
        for volume, claim in holder.volumes.items():
            if claim in left and claim not in mine.values():
                mine[volume] = claim
        if mine:
            chosen.append(Holder(holder.namespace, holder.name, holder.spec, mine))
            left -= set(mine.values())
    return chosen


def _volumes(namespace: str, spec: Mapping[str, Any]) -> dict[str, Claim]:
    volumes = spec.get("volumes") or []
    return {
        volume["name"]: (namespace, volume["persistentVolumeClaim"]["claimName"])
        for volume in volumes
        if volume.get("persistentVolumeClaim")
    }
