"""What rules about the copy of volumes share."""

import re
from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Thing
from mtc.diagnose.said import Hit

_KINDS = frozenset({"PodVolumeBackup", "PodVolumeRestore", "BackupRepository", "Backup", "Restore", "MigMigration"})
_PLAIN_SOURCES = ("status", "results", "condition")


def search(case: Case, pattern: re.Pattern[str]) -> list[Hit]:
    """What is said about the copy of volumes and matches."""
    return said.search(case, pattern, where=lambda saying: saying.placed.kind in _KINDS and saying.source.startswith(_PLAIN_SOURCES))


def things(case: Case, hits: Iterable[Hit]) -> list[Thing]:
    """The volumes at fault: their claims where they are known, then who says it."""
    found: list[Thing] = []
    for hit in hits:
        placed = hit.saying.placed
        claim = _claim(case, hit)
        found += [claim] if claim else []
        found.append(finding.thing(placed))
    return found


def _claim(case: Case, hit: Hit) -> Thing | None:
    placed = hit.saying.placed
    if placed.kind in {"PodVolumeBackup", "PodVolumeRestore"}:
        spec = placed.item.get("spec") or {}
        pod = spec.get("pod") or {}
        noted = (placed.item["metadata"].get("annotations") or {}).get(names.PVC_NAME)
        name = noted or _of_pod(case, placed.cluster, pod, str(spec.get("volume"))) or _saved(case, str(spec.get("snapshotID") or ""))
        return Thing("PersistentVolumeClaim", str(pod.get("namespace") or ""), str(name), placed.cluster) if name else None
    named = re.search(r"PersistentVolumeClaim (\S+?)/(\S+?)[ ,.:]", f"{hit.saying.text} ")
    return Thing("PersistentVolumeClaim", named[1], named[2], case.source or placed.cluster) if named else None


def _saved(case: Case, snapshot_id: str) -> str:
    """The claim of whose copy a snapshot is: stage pods of the target are gone when one asks."""
    for cluster in case.clusters:
        for item in case.snapshot.all(cluster, "PodVolumeBackup"):
            if snapshot_id and (item.get("status") or {}).get("snapshotID") == snapshot_id:
                return str((item["metadata"].get("annotations") or {}).get(names.PVC_NAME) or "")
    return ""


def _of_pod(case: Case, cluster: str, pod: dict[str, object], volume: str) -> str:
    found = case.snapshot.find(cluster, "Pod", str(pod.get("name")), namespace=str(pod.get("namespace"))) or {}
    for entry in (found.get("spec") or {}).get("volumes") or ():
        if entry.get("name") == volume:
            return str((entry.get("persistentVolumeClaim") or {}).get("claimName") or "")
    return ""


def explain(
    case: Case, pattern: re.Pattern[str], cause: str, steps: Iterable[str], *, unless: re.Pattern[str] | None = None
) -> Iterable[Finding]:
    """A finding for everything that is said about the copy of volumes and matches, except where another pattern matches too."""
    hits = [hit for hit in search(case, pattern) if unless is None or not unless.search(hit.saying.text)]
    return finding.one(cause, things(case, hits), said.evidence(hits), steps)
