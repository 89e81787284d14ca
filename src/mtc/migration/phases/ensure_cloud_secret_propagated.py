"""EnsureCloudSecretPropagated: both engines reach the repository.

Each plan has locations of its own whose Secret they name, and an engine tries a location again as soon as its Secret
changes. So there is nothing to compare in an engine's pod: what the engine says of the location counts. A location that is
said to be unavailable may have been repaired a moment ago; it gets one more chance.
"""

from mtc.api import names
from mtc.engine import repositories, storage_locations
from mtc.kube import resources
from mtc.migration import velero_crs, velero_waits
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope

#: Our engine tries an unavailable location every 10 s, and at once when it is asked to.
_ANOTHER_CHANCE_S = 12.0
_LOCATIONS = resources.BACKUP_STORAGE_LOCATIONS


def applies(flags: Flags) -> bool:
    """Where a Backup will be made."""
    return flags.needs_repository


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    waiting: list[str] = []
    objects: list[Subject] = []
    broken: list[str] = []
    for cluster in (scope.source, scope.target):
        location = await velero_crs.plan_location(scope, cluster, _LOCATIONS)
        phase = velero_crs.phase_of(location)
        if phase == "Available":
            continue
        objects.append(Subject(cluster, location))
        await storage_locations.request_sync(cluster, location, scope.uid)
        if not phase:
            waiting.append(f"BackupStorageLocation {scope.namespace}/{location['metadata']['name']} of cluster {cluster.name}")
        else:
            broken.append(velero_waits.unavailable(location, cluster))
    if broken and scope.in_phase_s >= _ANOTHER_CHANCE_S:
        return fail("RepositoryUnavailable", dict.fromkeys(broken))
    if not waiting and not broken:
        await _request_repositories(scope)
        return Done()
    untried = f"Not tried by its engine yet: {', '.join(waiting)}. Look at the pods and logs of Deployment {names.VELERO_NAME} there."
    return Wait(
        for_=(Awaited(scope.source, _LOCATIONS, scope.namespace), Awaited(scope.target, _LOCATIONS, scope.namespace)),
        reason="Validating",
        message=" ".join([*broken, *([untried] if waiting else [])]),
        patience_s=0.0 if broken else 2 * _ANOTHER_CHANCE_S,
        at_latest_s=_ANOTHER_CHANCE_S / 4,
        objects=tuple(objects),
    )


async def _request_repositories(scope: Scope) -> None:
    """Making a repository takes seconds: the source's engine does it while objects are backed up and pods stopped."""
    location = await velero_crs.plan_location(scope, scope.source, _LOCATIONS)
    for source in sorted({namespace for namespace, _ in scope.stored_claims}):
        await repositories.request(scope.source, namespace=scope.namespace, volume_namespace=source, location=location["metadata"]["name"])


PHASE = Phase(
    name="EnsureCloudSecretPropagated",
    step="Prepare",
    description="Making sure that the engines of both clusters reach the repository with its current credentials.",
    applies=applies,
    run=run,
    light=True,
)
