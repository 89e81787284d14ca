"""EnsureStageRestore: makes the Restore of the volumes."""

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.migration import listing, velero_crs
from mtc.migration.outcome import Awaited, Done, Outcome, Stall, fail
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources
from mtc.migration.quiesce import pods, work
from mtc.migration.scope import Scope
from mtc.migration.stage_pods.work import stage_image


async def run(scope: Scope) -> Outcome:
    """Once, and never into a volume that a running application uses."""
    role = velero_crs.STAGE_RESTORE
    # Also of a Restore that was made before an interruption: what it makes itself carries the plan's label, others stay as they are.
    told = overwriting(scope, await not_ours(scope))
    if await velero_crs.find(scope, role) is not None:
        return Done(conditions=told)
    backup = await velero_crs.find(scope, velero_crs.STAGE_BACKUP)
    if backup is None:
        return fail(
            "StageRestoreFailed", f"The stage Backup of this migration was deleted from cluster {scope.source.name}. Start another one."
        )
    if busy := await in_use(scope):
        return Stall(
            reason="VolumesInUse",
            message=(
                f"Pods on target cluster {scope.target.name} use volumes whose content is about to be replaced: {', '.join(busy)}. "
                f"Stop their workloads there; the migration goes on by itself then."
            ),
            for_=tuple(Awaited(scope.target, resources.PODS, name) for name in dict.fromkeys(scope.target_namespaces)),
        )
    image = {names.STAGE_POD_IMAGE: await stage_image(scope, scope.target)}
    extra = {**image, **velero_crs.claim_names_annotation(scope), **velero_crs.quiesce_annotation(scope)}
    await velero_crs.ensure(scope, role, velero_crs.restore_spec(scope, backup), extra)
    return Done(conditions=told)


async def not_ours(scope: Scope) -> list[str]:
    """Claims of the target whose content is to be replaced although this plan has not made them; those without a volume hold nothing."""
    return await _there(scope, ours=False)


async def filled_before(scope: Scope) -> list[str]:
    """Claims of the target that this plan has made, and fills again."""
    return await _there(scope, ours=True)


async def _there(scope: Scope, *, ours: bool) -> list[str]:
    filled = _filled(scope)
    places = (namespace for namespace, _ in filled)
    return sorted(
        f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        for item in await listing.of_namespaces(scope.target, resources.PERSISTENT_VOLUME_CLAIMS, places)
        if (item["metadata"]["namespace"], item["metadata"]["name"]) in filled
        and ((item["metadata"].get("labels") or {}).get(names.MIGRATED_BY_MIGPLAN) == scope.plan.uid) is ours
        and (item["spec"].get("volumeName") or "")
    )


def overwriting(scope: Scope, claims: list[str]) -> tuple[Condition, ...]:
    """The condition that names the claims; none without any."""
    if not claims:
        return ()
    text = conditions.with_items(
        f"PersistentVolumeClaims [] were on cluster {scope.target.name} before, and MigPlan {scope.plan.ref} has not made them. The volumes "
        "are copied into them all the same: files of the same names are replaced, others stay, and neither cancel nor rollback undoes that.",
        claims,
    )
    return (
        Condition(type=conditions.EXISTING_VOLUMES_OVERWRITTEN, category=conditions.WARN, message=text, items=tuple(claims), durable=True),
    )


def _filled(scope: Scope) -> frozenset[tuple[str, str]]:
    return frozenset((scope.target_namespace(pv.pvc.namespace), pv.pvc.mapping.target) for pv in scope.copied)


async def in_use(scope: Scope) -> list[str]:
    """Pods of the target that use the claims whose content is to be replaced."""
    claims = _filled(scope)
    running = await pods.running(scope.target, list(dict.fromkeys(scope.target_namespaces)))
    using = [pod for pod in running if {(pod["metadata"]["namespace"], name) for name in pods.mounted(pod)} & claims]
    return work.describe(pod for pod in using if names.IS_STAGE_POD not in (pod["metadata"].get("labels") or {}))


PHASE = Phase(
    name="EnsureStageRestore",
    step="StageRestore",
    description="Creating the stage Restore: PersistentVolumeClaims and their data.",
    applies=annotate_resources.applies,
    run=run,
)
