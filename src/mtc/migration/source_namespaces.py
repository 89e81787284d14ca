"""Whether the namespaces that are being migrated are still there."""

from mtc.kube import resources
from mtc.migration.scope import Scope


async def missing(scope: Scope) -> str:
    """What to say when a source namespace has gone, or is going; empty when all are there."""
    gone = []
    for name in dict.fromkeys(scope.source_namespaces):
        found = await scope.source.find(resources.NAMESPACES, name)
        if found is None:
            gone.append(f"{name} (does not exist)")
        elif found["metadata"].get("deletionTimestamp"):
            gone.append(f"{name} (is being deleted)")
    if not gone:
        return ""
    return (
        f"Namespaces of MigPlan {scope.plan.ref} are missing on source cluster {scope.source.name}: {', '.join(gone)}. "
        f"Nothing of them can be migrated any more; correct the plan, or bring them back, and start another migration."
    )
