"""EnsureMigratedDeleted: waits until what was migrated is gone from the target."""

from mtc.kube import resources
from mtc.migration import migrated
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope

#: Workloads and claims go last, and they are watched; other kinds with finalizers are looked for this often.
_LOOK_S = 2.0
#: Pods have 30 s to end by themselves.
_PATIENCE_S = 90.0
_SHOWN = 5


async def run(scope: Scope) -> Outcome:
    """The source is started only after that: two running copies of an application may both act on the world outside."""
    found = await migrated.find(scope)
    left = found.all
    if not left:
        return Done()
    # What was made after the first look, or could not be deleted then.
    refused = await migrated.delete(scope, found)
    names = ", ".join(migrated.describe(item) for item in left[:_SHOWN])
    more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    why = " ".join(refused) or "Pods end first; finalizers keep an object until whoever set them takes them away."
    watched = tuple(
        Awaited(scope.target, kind, namespace, migrated.selector(scope))
        for kind in (resources.DEPLOYMENTS, resources.STATEFUL_SETS, resources.PERSISTENT_VOLUME_CLAIMS)
        for namespace in dict.fromkeys(scope.target_namespaces)
    )
    text = f"cluster {scope.target.name} still has {names}{more}. {why}"
    lines = tuple(f"{migrated.describe(item)}: being deleted" for item in left[:_SHOWN])
    patience_s = 0.0 if refused else _PATIENCE_S
    objects = tuple(Subject(scope.target, item, goes=True) for item in left)
    return Wait(for_=watched, reason="Deleting", message=text, progress=lines, at_latest_s=_LOOK_S, patience_s=patience_s, objects=objects)


PHASE = Phase(
    name="EnsureMigratedDeleted",
    step="CleanupMigrated",
    description="Waiting until the migrated objects in the target are gone.",
    applies=lambda flags: flags.gives_back,
    run=run,
)
