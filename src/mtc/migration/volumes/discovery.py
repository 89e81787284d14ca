"""Reads the clusters for volumes of a plan: claims, bound or lost, their volumes, who mounts them, and storage classes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.volumes import classes, conversion
from mtc.migration.volumes.entries import Found, Lost
from mtc.migration.volumes.workloads import KINDS, Workloads, owner_types

# Each reads with up to 16 requests at a time.
_NAMESPACES_AT_ONCE = 4
#: What these have made goes when they go.
_PASSING_OWNERS = frozenset({"PersistentVolumeClaim", "Pod"})
_BOUND, _LOST = "Bound", "Lost"


@dataclass(frozen=True)
class Wanted:
    """What to look for.

    Attributes:
        namespaces: of the source.
        suffix: four characters of the plan, in the names of claims that it made itself.
        plan_uid: of the plan.
        is_conversion: whether the plan converts storage inside the namespaces.
    """

    namespaces: Sequence[str]
    suffix: str
    plan_uid: str
    is_conversion: bool


async def storage_classes(cluster: Client) -> list[classes.StorageClass]:
    """The storage classes of a cluster, by name."""
    found = await cluster.list_all(resources.STORAGE_CLASSES)
    return sorted((classes.parse(item) for item in found), key=lambda item: item.name)


async def volumes(source: Client, wanted: Wanted) -> tuple[list[Found], list[Lost]]:
    """The bound claims of the namespaces with their volumes, and the claims whose volume is gone.

    Raises:
        KubeError: the source failed.
    """
    found = await parallel.gather((_namespace(source, namespace, wanted) for namespace in wanted.namespaces), at_once=_NAMESPACES_AT_ONCE)
    return [item for bound, _ in found for item in bound], [item for _, lost in found for item in lost]


async def _namespace(source: Client, namespace: str, wanted: Wanted) -> tuple[list[Found], list[Lost]]:
    claims = [
        claim
        for claim in await source.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=namespace)
        if _phase(claim) in {_BOUND, _LOST} and _is_candidate(claim, wanted)
    ]
    if not claims:
        return [], []
    workloads = await read_workloads(source, namespace)
    owners = owner_types(workloads)
    bound = [claim for claim in claims if _phase(claim) == _BOUND]
    pvs = await parallel.gather(_volume(source, claim) for claim in bound)
    found = [
        Found(claim, pv, owner_type=owners.get(claim["metadata"]["name"]), target_name=_target_name(claim, workloads, wanted))
        for claim, pv in zip(bound, pvs, strict=True)
        if pv is not None
    ]
    lost = [Lost(claim, owner_type=owners.get(claim["metadata"]["name"])) for claim in claims if _phase(claim) == _LOST]
    return found, lost


def _phase(claim: Object) -> Any:
    return (claim.get("status") or {}).get("phase")


def _target_name(claim: Object, workloads: Workloads, wanted: Wanted) -> str:
    if not wanted.is_conversion:
        return ""
    name = claim["metadata"]["name"]
    sets = (item["metadata"]["name"] for item in workloads.by_kind.get(resources.STATEFUL_SETS.kind, []))
    own = next((item for item in sets if re.search(rf"-{re.escape(item)}-\d+$", name)), "")
    return conversion.new_claim_name(name, suffix=wanted.suffix, stateful_set=own)


async def _volume(source: Client, claim: Object) -> Object | None:
    """The volume of a bound claim; None when it is gone or bound to another claim."""
    pv = await source.find(resources.PERSISTENT_VOLUMES, claim["spec"]["volumeName"])
    reference = ((pv or {}).get("spec") or {}).get("claimRef") or {}
    meta = claim["metadata"]
    return pv if (reference.get("namespace"), reference.get("name")) == (meta["namespace"], meta["name"]) else None


async def read_workloads(source: Client, namespace: str) -> Workloads:
    """What a namespace runs; kinds that the cluster does not serve are empty."""
    kinds = (*KINDS, resources.PODS)
    listed = await parallel.gather(source.list_all(kind, namespace=namespace) for kind in kinds)
    return Workloads({kind.kind: items for kind, items in zip(kinds, listed, strict=True)}, listed[-1])


def _is_candidate(claim: Object, wanted: Wanted) -> bool:
    meta = claim["metadata"]
    if not claim["spec"].get("volumeName") or conversion.is_made_for(meta["name"], wanted.suffix):
        return False
    # A claim under another claim is a working copy of some importer, not data of the application; one under a pod goes with it.
    if any(owner.get("kind") in _PASSING_OWNERS and owner.get("controller") for owner in meta.get("ownerReferences") or []):
        return False
    labels = meta.get("labels") or {}
    if not wanted.is_conversion:
        return True
    return labels.get(names.MIGRATED_BY_MIGPLAN) != wanted.plan_uid and labels.get(names.SOURCE_FOR_DVM, wanted.plan_uid) == wanted.plan_uid
