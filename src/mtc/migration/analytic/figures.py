"""Puts what was counted into the form of a MigAnalytic's status. Pure functions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mtc.api import quantities
from mtc.kube.client import Object
from mtc.migration.analytic import volumes
from mtc.migration.analytic.counts import Bucket, Count, bucket
from mtc.migration.analytic.images import Image
from mtc.migration.analytic.volumes import Usage

_MEBIBYTE = 1024**2
Figures = dict[str, Any]
#: Names of the lists and totals by what happens to the objects.
_LISTS = {
    Bucket.MIGRATED: ("k8sResources", "k8sResourceTotal"),
    Bucket.EXCLUDED: ("excludedK8SResources", "excludedK8SResourceTotal"),
    Bucket.INCOMPATIBLE: ("incompatibleK8SResources", "incompatibleK8SResourceTotal"),
}
#: Totals of all namespaces by those of one; MTC spells some of them in another way.
_TOTALS = {
    "k8sResourceTotal": "k8sResourceTotal",
    "excludedK8SResourceTotal": "excludedk8sResourceTotal",
    "incompatibleK8SResourceTotal": "incompatiblek8sResourceTotal",
    "pvCount": "pvCount",
    "imageCount": "imageCount",
}
_SIZES = ("pvCapacity", "imageSizeTotal")


def of_objects(counts: Iterable[Count], *, excluded: Collection[str], incompatible: Collection[tuple[str, str, str]]) -> Figures:
    """The objects of a namespace, in what is migrated, what is excluded, and what the target does not know."""
    lists: dict[Bucket, list[Figures]] = {place: [] for place in Bucket}
    for item in counts:
        if item.count is not None:
            kind = item.kind
            entry = {"group": kind.group, "version": kind.version, "kind": kind.kind, "count": item.count}
            lists[bucket(kind, excluded=excluded, incompatible=incompatible)].append(entry)
    found: Figures = {}
    for place, (entries, total) in _LISTS.items():
        found[entries] = sorted(lists[place], key=lambda entry: (entry["group"], entry["kind"]))
        found[total] = sum(entry["count"] for entry in lists[place])
    return found


def of_images(images: Sequence[Image], *, listed: int) -> Figures:
    """The images of a namespace; at most `listed` of them by name."""
    shown = [{"name": item.name, "reference": item.reference, "size": _mebibytes(item.size_bytes)} for item in images[:listed]]
    return {"imageCount": len(images), "imageSizeTotal": _mebibytes(sum(item.size_bytes for item in images)), "images": shown}


def of_claims(claims: Sequence[Object]) -> Figures:
    """How many claims a namespace has, and what they ask for."""
    return {"pvCount": len(claims), "pvCapacity": quantities.format_bytes(volumes.total(claims))}


def of_usage(claims: Iterable[Object], measured: Mapping[str, Usage], *, threshold: int) -> Figures:
    """Each claim of a namespace with what was measured on its volume, and the capacity that it should get."""
    entries = []
    for claim in claims:
        usage = measured.get(str(claim["spec"].get("volumeName") or ""), Usage())
        wanted, has = volumes.requested(claim), volumes.provisioned(claim)
        proposal = volumes.propose(requested_bytes=wanted, provisioned_bytes=has, usage=usage, threshold=threshold)
        entries.append(
            {
                "name": claim["metadata"]["name"],
                "requestedCapacity": quantities.format_bytes(wanted),
                "actualCapacity": quantities.format_bytes(usage.total_bytes if usage.total_bytes is not None else has),
                "usagePercentage": usage.percent,
                "proposedCapacity": quantities.format_bytes(proposal.size_bytes),
                "comment": proposal.comment,
                "sparseFilesFound": usage.has_sparse_files,
            }
        )
    return {"persistentVolumes": [{key: value for key, value in entry.items() if value is not None} for entry in entries]}


def together(plan: str, namespaces: Sequence[Figures], *, of: int) -> Figures:
    """The figures of all namespaces that are through, out of so many."""
    found: Figures = {"plan": plan, "percentComplete": 100 * len(namespaces) // of if of else 100, "namespaces": list(namespaces)}
    for name, total in _TOTALS.items():
        found[total] = sum(entry.get(name, 0) for entry in namespaces)
    for name in _SIZES:
        found[name] = quantities.format_bytes(sum(quantities.to_bytes(entry.get(name, 0)) for entry in namespaces))
    return found


def _mebibytes(size_bytes: int) -> str:
    return f"{-(-size_bytes // _MEBIBYTE)}Mi" if size_bytes else "0"
