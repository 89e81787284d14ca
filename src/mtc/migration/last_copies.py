"""Volumes whose data are only on the target any more: a rollback, which deletes what was migrated, must not take them."""

from collections.abc import Iterable, Mapping

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import listing
from mtc.migration.scope import Scope


async def find(scope: Scope) -> list[str]:
    """The claims of the target, as `namespace/name`, that a rollback would delete and that the source does not have any more."""
    label = f"{names.MIGRATED_BY_MIGPLAN}={scope.plan.uid}"
    kind = resources.PERSISTENT_VOLUME_CLAIMS
    made = await listing.of_namespaces(scope.target, kind, scope.target_namespaces, label_selector=label)
    if not made:
        return []
    there = await listing.of_namespaces(scope.source, kind, scope.source_namespaces)
    places = {entry.target: entry.source for entry in scope.plan.namespace_mappings}
    origins = {(pv.pvc.namespace, pv.pvc.mapping.target): pv.pvc.mapping.source for pv in scope.plan.spec.persistent_volumes}
    return alone(made, there, places=places, origins=origins)


def alone(
    made: Iterable[Object], there: Iterable[Object], *, places: Mapping[str, str], origins: Mapping[tuple[str, str], str]
) -> list[str]:
    """As `find`. Pure.

    Args:
        made: claims of the target that the plan has made.
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
