"""Takes away all that a copy has made on the clusters: when it is over, however it ended."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.direct.course import Failed, Outcome, Waits
from mtc.migration.direct.volumes import files, leftovers
from mtc.migration.direct.volumes.scope import Scope


async def clear(scope: Scope) -> list[str]:
    """Asks for the deletion of pods, ways in and keys; sentences about what a cluster refused."""
    return [*await leftovers.delete(await leftovers.of_own(scope)), *await files.take_away(scope)]


async def failed(scope: Scope, why: str) -> Outcome:
    """The end of a copy that could not begin, once what it has made is cleared away."""
    if refused := await clear(scope):
        return Waits(conditions=undeletable(scope, refused))
    return Failed(errors=(why,), category=conditions.WARN)


def undeletable(scope: Scope, refused: list[str]) -> list[Condition]:
    """The condition about what cannot be deleted. Pure."""
    text = (
        f"Pods and keys of copies cannot be deleted: {' '.join(refused)} It is tried again every few seconds. Look at the rights of the "
        f"accounts of clusters {scope.source.name} and {scope.target.name}, and at their admission policies."
    )
    return [checks.warn(conditions.FAILED_DELETING_RSYNC_PODS, conditions.FAILED_REASON, text)]
