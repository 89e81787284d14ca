"""EnsureCloudSecretPropagated: both engines reach the repository with the credentials of today.

Each plan has locations of its own whose Secret they name, so there is nothing to compare in an engine's pod: the engine
is asked to try the location again, and its answer counts.
"""

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import velero_crs, velero_waits
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope

#: An engine that does not try again when its location changes does so each minute; its last answer then has to do.
_FRESH_ANSWER_S = 15.0
_LOCATIONS = resources.BACKUP_STORAGE_LOCATIONS


def applies(flags: Flags) -> bool:
    """Where a Backup will be made."""
    return flags.needs_repository


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    waiting: list[str] = []
    broken: list[str] = []
    for cluster in (scope.source, scope.target):
        location = await _asked(scope, cluster)
        phase = velero_crs.phase_of(location)
        name = f"BackupStorageLocation {scope.namespace}/{location['metadata']['name']} of cluster {cluster.name}"
        if not phase or (not _is_fresh(scope, location) and scope.in_phase_s < _FRESH_ANSWER_S):
            waiting.append(name)
        elif phase != "Available":
            broken.append(velero_waits.unavailable(location, cluster))
    if broken:
        return fail("RepositoryUnavailable", dict.fromkeys(broken))
    if not waiting:
        return Done()
    return Wait(
        for_=(Awaited(scope.source, _LOCATIONS, scope.namespace), Awaited(scope.target, _LOCATIONS, scope.namespace)),
        reason="Validating",
        message=f"Not tried by its engine yet: {', '.join(waiting)}. Look at the pods and logs of Deployment {names.VELERO_NAME} there.",
        patience_s=2 * _FRESH_ANSWER_S,
        at_latest_s=_FRESH_ANSWER_S / 5,
    )


def _mark(scope: Scope, location: Object) -> str:
    return f"{scope.uid} {(location.get('status') or {}).get('lastValidationTime', '')}"


async def _asked(scope: Scope, cluster: Client) -> Object:
    """The location, marked once by this migration, with the time of the engine's last answer before the mark."""
    location = await velero_crs.plan_location(scope, cluster, _LOCATIONS)
    known = (location["metadata"].get("annotations") or {}).get(names.TOUCH, "")
    if known.startswith(scope.uid):
        return location
    body: Object = {"metadata": {"annotations": {names.TOUCH: _mark(scope, location)}}}
    return await cluster.patch(_LOCATIONS, location["metadata"]["name"], body, namespace=scope.namespace)


def _is_fresh(scope: Scope, location: Object) -> bool:
    """Whether the engine has answered since the mark; clocks of two machines are not compared."""
    mark: str = (location["metadata"].get("annotations") or {}).get(names.TOUCH, "")
    return mark != _mark(scope, location)


PHASE = Phase(
    name="EnsureCloudSecretPropagated",
    step="Prepare",
    description="Making sure that the engines of both clusters reach the repository with its current credentials.",
    applies=applies,
    run=run,
)
