"""Volumes whose data are nowhere but where a migration has copied them to: undoing, which deletes those copies, must not take them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import listing, migrated, velero_crs
from mtc.migration.scope import Scope


@dataclass(frozen=True)
class Copies:
    """Copies of claims that the source does not have any more.

    Attributes:
        claims: of the target, as `namespace/name`, which undoing would delete.
        backups: `Backup name (claims)` for Backups of the source whose claims are not on the target either.
    """

    claims: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.claims or self.backups)

    def tell(self, scope: Scope) -> str:
        """What they are, and where."""
        what = []
        if self.claims:
            what.append(f"PersistentVolumeClaims {', '.join(self.claims)} on target cluster {scope.target.name}")
        if self.backups:
            what.append(f"{', '.join(self.backups)} of namespace {scope.namespace} on source cluster {scope.source.name}")
        return (
            f"{' and '.join(what)} would be deleted, and source cluster {scope.source.name} does not have what they are copies of any more"
        )

    def advise(self) -> str:
        """How they are let go, or kept for good."""
        label = names.MIGRATED_BY_MIGPLAN
        return f"Bring the claims of the source back with their data, or take the label {label} off those copies, which keeps them"


async def find(scope: Scope) -> Copies:
    """What undoing this migration, or the plan where it is a rollback, would delete for good.

    A canceled rollback deletes nothing more.
    """
    if not scope.flags.undoes:
        return Copies()
    kind, selector = resources.PERSISTENT_VOLUME_CLAIMS, migrated.selector(scope)
    made = await listing.of_namespaces(scope.target, kind, scope.target_namespaces, label_selector=selector)
    backups = await scope.source.list_all(resources.BACKUPS, namespace=scope.namespace, label_selector=selector)
    if not made and not backups:
        return Copies()
    there = await listing.of_namespaces(scope.source, kind, scope.source_namespaces)
    # In one cluster a copy stands beside what it was copied from, and is no source.
    copies = {claim["metadata"]["uid"] for claim in made}
    there = [claim for claim in there if claim["metadata"]["uid"] not in copies]
    places = {entry.target: entry.source for entry in scope.namespaces}
    origins = {(pv.pvc.namespace, pv.pvc.mapping.target): pv.pvc.mapping.source for pv in scope.plan.spec.persistent_volumes}
    claims = alone(made, there, places=places, origins=origins)
    return Copies(tuple(claims), tuple(await _saved(scope, backups, listing.places(there), origins)))


def alone(
    made: Iterable[Object], there: Iterable[Object], *, places: Mapping[str, str], origins: Mapping[tuple[str, str], str]
) -> list[str]:
    """The claims of the target, as `namespace/name`, that have a volume and that the source does not have any more. Pure.

    Args:
        made: claims of the target that undoing deletes.
        there: claims of the source; one that is being deleted is as good as gone.
        places: namespaces of the source by those of the target.
        origins: names in the source by namespace in the source and name in the target, where they differ or the plan knows them.
    """
    kept = listing.places(there)
    found = []
    for claim in made:
        space, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
        origin = places.get(space, space)
        if claim["spec"].get("volumeName") and (origin, origins.get((origin, name), name)) not in kept:
            found.append(f"{space}/{name}")
    return sorted(found)


async def _saved(scope: Scope, backups: list[Object], there: set[tuple[str, str]], origins: Mapping[tuple[str, str], str]) -> list[str]:
    """Backups that have files of claims which are on neither cluster."""
    if not backups:
        return []
    lost = {place for place in await _copied(scope, backups) if place[1:] not in there}
    if not lost:
        return []
    targets = {(space, source): target for (space, target), source in origins.items()}
    found = await listing.of_namespaces(scope.target, resources.PERSISTENT_VOLUME_CLAIMS, scope.target_namespaces)
    arrived = listing.places(found)
    by_backup: dict[str, list[str]] = {}
    for backup, space, name in sorted(lost):
        if (scope.target_namespace(space), targets.get((space, name), name)) not in arrived:
            by_backup.setdefault(backup, []).append(f"{space}/{name}")
    return [f"Backup {backup} (with the files of {', '.join(claims)})" for backup, claims in by_backup.items()]


async def _copied(scope: Scope, backups: Iterable[Object]) -> list[tuple[str, str, str]]:
    """Backup, namespace and name of the claims whose files the Backups have."""
    owners = {item["metadata"]["uid"]: item["metadata"]["name"] for item in backups}
    found = []
    for item in await scope.source.list_all(resources.POD_VOLUME_BACKUPS, namespace=scope.namespace):
        above = [owners[entry["uid"]] for entry in item["metadata"].get("ownerReferences") or [] if entry["uid"] in owners]
        name = (item["metadata"].get("annotations") or {}).get(names.PVC_NAME)
        if above and name and velero_crs.phase_of(item) == "Completed":
            found.append((above[0], item["spec"]["pod"]["namespace"], name))
    return found
