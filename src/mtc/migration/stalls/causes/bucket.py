"""The engine does not reach the bucket of the plan."""

from collections.abc import Iterable

from mtc.kube import resources
from mtc.migration import velero_crs
from mtc.migration.outcome import Subject
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, is_over, short, title

_KINDS = frozenset({"Backup", "Restore", "PodVolumeBackup", "PodVolumeRestore", "BackupStorageLocation"})


async def find(look: Look) -> Iterable[Blocker]:
    """One for each cluster whose location is not available."""
    clusters = {subject.cluster for subject in look.subjects if subject.item["kind"] in _KINDS and not is_over(subject.item)}
    found = []
    for cluster in clusters:
        try:
            location = await velero_crs.plan_location(look.scope, cluster, resources.BACKUP_STORAGE_LOCATIONS)
        except velero_crs.LocationMissing:
            continue  # the plan tells
        meta, status = location["metadata"], location.get("status") or {}
        if status.get("phase") == "Unavailable":
            why = f"its bucket cannot be used: {short(status.get('message') or 'the engine gave no reason')}"
            text = f"{why} Check bucket, URL and credentials of the MigStorage."
            command = f"kubectl -n {meta['namespace']} get backupstoragelocation {meta['name']} -o yaml"
            found.append(Blocker(title(Subject(cluster, location)), text, command))
    return found


CAUSE = Cause(order=20, reason="BucketUnreachable", find=find)
