"""What happens to a PersistentVolume of an archive. Pure."""

from collections.abc import Mapping
from typing import Any, Literal

from mtc.api import names
from mtc.kube.client import Object

_BIND_ANNOTATIONS = ("pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller")

Decision = Literal["provision", "restore"]


def decide(volume: Object, info: Mapping[str, Any] | None, *, copied_claims: frozenset[tuple[str, str]]) -> Decision:
    """Whether the volume is made anew for its claim ("provision"), or its object restored as it is ("restore").

    Args:
        volume: the stored PersistentVolume.
        info: the backup's volume info for it, None where the backup has none.
        copied_claims: (namespace, name) of claims with copied data, for backups without volume info.
    """
    annotations = volume["metadata"].get("annotations") or {}
    if annotations.get(names.MIGRATE_TYPE) == "move":
        return "restore"
    if annotations.get(names.MIGRATE_TYPE) == "copy":
        return "provision"
    claim = (volume.get("spec") or {}).get("claimRef") or {}
    if info and not info.get("skipped") and info.get("backupMethod"):
        return "provision"
    if (claim.get("namespace", ""), claim.get("name", "")) in copied_claims:
        return "provision"
    return "provision" if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete" else "restore"


def unbind(volume: Object, *, mapping: Mapping[str, str]) -> None:
    """Frees a restored volume from the claim object of the other cluster, so that the claim of that name binds it here."""
    claim = volume["spec"].get("claimRef")
    if claim:
        claim.pop("uid", None)
        claim.pop("resourceVersion", None)
        claim["namespace"] = mapping.get(claim.get("namespace", ""), claim.get("namespace", ""))
    for key in _BIND_ANNOTATIONS:
        (volume["metadata"].get("annotations") or {}).pop(key, None)
