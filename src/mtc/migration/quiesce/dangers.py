"""What would lose data by being stopped: looked for before anything is."""

from collections.abc import Iterable, Iterator

from mtc.kube.client import Object
from mtc.migration.outcome import Stall
from mtc.migration.quiesce import kinds, retention, work
from mtc.migration.scope import Scope


async def find(scope: Scope) -> list[str]:
    """One sentence or two for each workload that this run must not stop; empty where it stops nothing."""
    found = []
    if scope.flags.quiesce:
        found += await work.find(scope.source, kinds.STATEFUL_SET, await work.source_selection(scope))
    if scope.flags.takes_back_claims:
        found += await work.find(scope.target, kinds.STATEFUL_SET, await work.target_selection(scope))
    return list(dict.fromkeys(of_sets(found)))


def of_sets(items: Iterable[Object]) -> Iterator[str]:
    """Why StatefulSets cannot be stopped. Pure.

    Args:
        items: the sets.
    """
    for item in items:
        if not retention.when_scaled(item) or kinds.STATEFUL_SET.stop(item) is None:
            continue
        name = f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        yield (
            f"StatefulSet {name} deletes its claims, and their data, when it is scaled down, which stopping it is. Set whenScaled of its "
            "persistentVolumeClaimRetentionPolicy to Retain until the migration is over."
        )


def stall(items: Iterable[Object]) -> Stall | None:
    """What a phase answers that has come to such workloads on its way; None where there are none. Pure.

    Args:
        items: workloads that run and were not stopped, or not only.
    """
    losing = list(of_sets(items))
    return Stall("QuiesceWouldLoseData", " ".join([*losing, "It goes on by itself then."])) if losing else None
