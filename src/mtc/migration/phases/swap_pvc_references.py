"""SwapPVCReferences: gives workloads the claims of another storage class, and those of before when that is taken back."""

from mtc.kube import resources
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Stall, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.quiesce import owner
from mtc.migration.quiesce import work as quiesce
from mtc.migration.scope import Scope
from mtc.migration.swap import claims, users, work

_FAILED = "SwapPVCReferencesFailed"


def applies(flags: Flags) -> bool:
    """For a conversion of storage with the application stopped, and for taking one back."""
    return flags.swaps


async def run(scope: Scope) -> Outcome:
    """Workload by workload, each of which starts with its new claims; what was there before is kept."""
    back = scope.flags.takes_back_claims
    wanted = claims.backward(scope.plan) if back else claims.forward(scope.plan)
    if gone := await users.missing(scope.source, wanted, used=back):
        text = (
            f"PersistentVolumeClaims {', '.join(gone)} do not exist on cluster {scope.source.name}, so no workload was given them. "
            "Look at the stage Restore of this migration: the engine has to be the one of this toolkit."
        )
        return _cannot(scope, [text])
    report = await work.swap(scope, wanted, back=back)
    if report.problems:
        return _cannot(scope, report.problems)
    if report.waiting:
        sets = tuple(Awaited(scope.source, resources.STATEFUL_SETS, namespace) for namespace in wanted)
        return Wait(for_=sets, reason="Swapping", message=f"{'; '.join(report.waiting)}.", patience_s=60.0)
    if left := quiesce.describe(await users.of(scope.source, wanted)):
        text = (
            f"{', '.join(left)} on cluster {scope.source.name} still name claims that were to be replaced: whoever keeps them as they are, for "
            "instance an operator or a GitOps tool, has put the old names back. Give them the new names there."
        )
        return _cannot(scope, [text])
    await work.label(scope, wanted, back=back)
    if not back:
        meant = await quiesce.source_selection(scope)
        await quiesce.start(scope.source, meant, wanted=lambda _, item: owner.is_of_plan(item, scope))
    return Done(progress=tuple(f"{title}: claims replaced" for title in sorted(report.done)))


def _cannot(scope: Scope, messages: list[str]) -> Outcome:
    """A canceled migration waits for a person: its next phases would delete claims that workloads still use."""
    if scope.flags.is_canceled:
        sets = tuple(Awaited(scope.source, resources.STATEFUL_SETS, namespace) for namespace in dict.fromkeys(scope.source_namespaces))
        return Stall(_FAILED, " ".join(messages), for_=sets)
    return fail(_FAILED, messages)


PHASE = Phase(
    name="SwapPVCReferences",
    step="Cleanup",
    description=(
        "Replacing PersistentVolumeClaims in Deployments, DeploymentConfigs, ReplicaSets, DaemonSets, StatefulSets, Jobs and CronJobs."
    ),
    applies=applies,
    run=run,
)
