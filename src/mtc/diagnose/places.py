"""Which BackupStorageLocations, and which BackupRepositories in them, belong to a case."""

from collections.abc import Iterator

from mtc.diagnose.case import Case, Placed, location_name


def locations(case: Case) -> Iterator[Placed]:
    """The locations that the case uses; all of its clusters when it does not say which."""
    used = _used(case)
    for location in case.toolkit("BackupStorageLocation"):
        if case.plan is None or (location.cluster, location.name) in used:
            yield location


def repositories(case: Case) -> Iterator[Placed]:
    """The records of the repositories that the case uses.

    A record outlives its location, and reports for ever that this does not exist: that of another plan says nothing of this one, even
    where both have the namespace. A closed plan needs none of what was cleared away when it was closed.
    """
    used = _used(case)
    if case.is_closed:
        used &= {(location.cluster, location.name) for location in case.toolkit("BackupStorageLocation")}
    spaces = {space for found in case.namespaces.values() for space in found}
    for record in case.toolkit("BackupRepository"):
        spec = record.item.get("spec") or {}
        if (record.cluster, str(spec.get("backupStorageLocation") or "")) in used and spec.get("volumeNamespace") in spaces:
            yield record


def _used(case: Case) -> set[tuple[str, str]]:
    """Cluster and name of the locations that are the plan's own, or that a Backup, Restore or copy of a volume names."""
    found = {(work.cluster, location_name(case.snapshot, work.cluster, work.item)) for work in (*case.backups, *case.restores)}
    # A Restore names no location; its Backup, which does, may be gone.
    found |= {(volume.cluster, str((volume.item.get("spec") or {}).get("backupStorageLocation") or "")) for volume in case.volumes}
    uid = case.plan.item["metadata"].get("uid") if case.plan else None
    for location in case.toolkit("BackupStorageLocation"):
        if uid and (location.item["metadata"].get("labels") or {}).get("migplan") == uid:
            found.add((location.cluster, location.name))
    return found
