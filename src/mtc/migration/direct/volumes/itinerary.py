"""The order of the legs of a direct volume migration: this file is the specification of what it does."""

from datetime import timedelta

from mtc.api import conditions
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.migration import checks
from mtc.migration import progress as words
from mtc.migration.direct.course import Course, Leg, Outcome, Through, Waits, go_on
from mtc.migration.direct.volumes import clearing, endpoints, files, leftovers, receivers, reporting, rivals, senders, targets
from mtc.migration.direct.volumes.scope import Scope, selector
from mtc.migration.outcome import Awaited

#: As MTC tells it.
_LATE = timedelta(minutes=3)


async def _settled(_: Scope) -> Outcome:
    return Through(settles=True)


async def _clean_stale(scope: Scope) -> Outcome:
    """Others first; then what copies that are over have left in the same namespaces."""
    if first := await rivals.before(scope):
        own = Awaited(scope.host, resources.DIRECT_VOLUME_MIGRATIONS, scope.dvm.namespace)
        text = f"It waits for DirectVolumeMigration {first}, which copies volumes of the same namespaces."
        return Waits(for_=(own,), fields={"phaseDescription": text})
    refused = [*await leftovers.delete(await leftovers.of_others(scope)), *await files.take_away(scope)]
    if refused:
        return Waits(conditions=clearing.undeletable(scope, refused))
    if scope.dvm.spec.delete_progress_reporting_crs:
        await leftovers.delete_progresses(scope)
    return Through()


async def _stale_gone(scope: Scope) -> Outcome:
    return _waiting_for(await leftovers.of_others(scope))


async def _namespaces(scope: Scope) -> Outcome:
    try:
        await targets.make_namespaces(scope)
    except targets.TargetUnusable as error:
        return await clearing.failed(scope, str(error))
    return Through()


async def _claims(scope: Scope) -> Outcome:
    try:
        await targets.make_claims(scope)
    except targets.TargetUnusable as error:
        return await clearing.failed(scope, str(error))
    except (kube_errors.Forbidden, kube_errors.Invalid) as error:
        text = f"Target cluster {scope.target.name} does not admit a claim: {error} Change what keeps it, then migrate again."
        return await clearing.failed(scope, text)
    return Through()


async def _routes(scope: Scope) -> Outcome:
    kind = await endpoints.kind_of(scope)
    try:
        for namespace in dict.fromkeys(scope.pairs.values()):
            await endpoints.make(scope, kind, namespace)
    except targets.TargetUnusable as error:
        return await clearing.failed(scope, str(error))
    return Through()


async def _admitted(scope: Scope) -> Outcome:
    # Somebody may have taken one away, or chosen another type.
    if not isinstance(made := await _routes(scope), Through):
        return made
    kind = await endpoints.kind_of(scope)
    found = {name: await endpoints.find(scope, kind, name) for name in dict.fromkeys(scope.pairs.values())}
    missing = [text for text in found.values() if isinstance(text, str)]
    if not missing:
        return Through()
    staged = []
    since = words.parse_time(await endpoints.made(scope, kind))
    if since and scope.now - since > _LATE:
        text = (
            f"Target cluster {scope.target.name} gives no way in after {int(_LATE.total_seconds() // 60)} minutes. {' '.join(missing)} "
            "Look at its router, or choose another rsync_endpoint_type there."
        )
        staged.append(checks.warn(conditions.RSYNC_ROUTE_NOT_ADMITTED, conditions.NOT_READY, text))
    what = resources.ROUTES if kind == endpoints.ROUTE else resources.SERVICES
    awaited = tuple(Awaited(scope.target, what, name, selector(scope.uid)) for name in found)
    return Waits(for_=awaited, conditions=staged)


async def _rsync_config(scope: Scope) -> Outcome:
    await files.make_keys(scope)
    return Through(settles=True)


async def _stunnel_config(scope: Scope) -> Outcome:
    await files.put(scope, await files.make_keys(scope), await endpoints.kind_of(scope))
    return Through()


async def _progresses(scope: Scope) -> Outcome:
    await reporting.make(scope)
    return Through()


async def _delete_own(scope: Scope) -> Outcome:
    refused = await clearing.clear(scope)
    return Waits(conditions=clearing.undeletable(scope, refused)) if refused else Through()


async def _own_gone(scope: Scope) -> Outcome:
    return _waiting_for(await leftovers.of_own(scope))


def _waiting_for(found: list[leftovers.Found]) -> Outcome:
    if not found:
        return Through()
    wanted = {Awaited(cluster, kind, item["metadata"]["namespace"]) for cluster, kind, item in found}
    text = f"Waiting until they are gone: {leftovers.describe(found[:5])}."
    return Waits(for_=tuple(wanted), fields={"phaseDescription": text}, at_latest_s=2.0)


COURSE: Course[Scope] = Course(
    name="VolumeMigration",
    failed="VolumeMigrationFailed",
    what="The copy of volumes",
    describes=True,
    legs=(
        Leg("", "The copy has been asked for.", go_on),
        Leg("Started", "The copy is being prepared.", go_on),
        # Others see by the status that it has begun, and whoever clears up that it has put keys somewhere.
        Leg("Prepare", "The copy is being prepared.", _settled),
        Leg("CleanStaleRsyncResources", "Removing what earlier copies have left.", _clean_stale),
        Leg("WaitForStaleRsyncResourcesTerminated", "Waiting until what earlier copies have left is gone.", _stale_gone),
        # VerifyVMs: virtual machines that run
        Leg("CreateDestinationNamespaces", "Creating namespaces on the target.", _namespaces),
        Leg("DestinationNamespacesCreated", "Looking whether the namespaces are there.", _namespaces),
        Leg("CreateDestinationPVCs", "Creating claims on the target.", _claims),
        # DeleteStaleVirtualMachineInstanceMigrations: virtual machines that run
        Leg("CreateRsyncRoute", "Opening a way into each namespace of the target.", _routes),
        Leg("EnsureRsyncRouteAdmitted", "Waiting until the ways into the target are open.", _admitted),
        Leg("CreateRsyncConfig", "Making the keys of this copy.", _rsync_config),
        Leg("CreateStunnelConfig", "Giving both clusters their keys and settings.", _stunnel_config),
        Leg("CreatePVProgressCRs", "Creating what tells of the progress.", _progresses),
        Leg("CreateRsyncTransferPods", "Starting the pods that receive, on the target.", receivers.make),
        Leg("WaitForRsyncTransferPodsRunning", "Waiting until the pods that receive run.", receivers.wait),
        Leg("RunRsyncOperations", "Copying the data of the volumes.", senders.run),
        Leg("DeleteRsyncResources", "Removing the pods and keys of this copy.", _delete_own),
        Leg("WaitForRsyncResourcesTerminated", "Waiting until the pods and keys of this copy are gone.", _own_gone),
        # CleanupStaleVirtHandlerPods: virtual machines that run
        Leg("Completed", "The copy is complete.", go_on),
    ),
)

#: While a copy is here, keys in its namespaces are those of another.
BEFORE_KEYS = frozenset({"", "Started", "Prepare", "CleanStaleRsyncResources", "WaitForStaleRsyncResourcesTerminated"})
