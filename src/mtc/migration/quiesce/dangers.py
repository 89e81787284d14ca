"""What would lose data by being stopped: looked for before anything is."""

from collections.abc import Iterable, Iterator

from mtc.kube.client import Object
from mtc.migration.quiesce import kinds, work
from mtc.migration.scope import Scope


async def find(scope: Scope) -> list[str]:
    """One sentence or two for each workload of the source that this run must not stop; empty where it stops nothing."""
    if not scope.flags.quiesce:
        return []
    meant = await work.source_selection(scope)
    return list(of_sets(await work.find(scope.source, kinds.STATEFUL_SET, meant)))


def deletes_claims(item: Object) -> bool:
    """Whether a StatefulSet deletes its claims when it is scaled down. Pure."""
    return (item["spec"].get("persistentVolumeClaimRetentionPolicy") or {}).get("whenScaled") == "Delete"


def of_sets(items: Iterable[Object]) -> Iterator[str]:
    """Why StatefulSets cannot be stopped. Pure.

    Args:
        items: the sets.
    """
    for item in items:
        if not deletes_claims(item) or kinds.STATEFUL_SET.stop(item) is None:
            continue
        name = f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        yield (
            f"StatefulSet {name} deletes its claims, and their data, when it is scaled down, which stopping it is. Set whenScaled of its "
            "persistentVolumeClaimRetentionPolicy to Retain until the migration is over."
        )
