"""The MigAnalytic of a plan: it measures how full the volumes are that the plan copies, and belongs to the plan.

The plan waits for the figures that it has asked for, so that no migration begins before a capacity is proposed; but not for ever. Since when
it waits is told by its condition, which stays until the figures are there: that is how a plan knows that it has waited long enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.miganalytic import MigAnalytic
from mtc.api.migration.migplan import Action, MigPlan, PlanPv
from mtc.kube import errors, resources
from mtc.kube.client import Client
from mtc.migration import checks, plan_state
from mtc.migration.checks.plan import Scope
from mtc.migration.volumes import capacity, workloads
from mtc.migration.volumes.entries import Entry

_UID_LENGTH = 5
_NAME_LENGTH = 253


@dataclass(frozen=True)
class Wait:
    """What a plan says while figures are to come.

    Attributes:
        staged: its conditions.
        left_s: how long it still waits for them; 0 for not at all.
    """

    staged: list[Condition] = field(default_factory=list)
    left_s: float = 0.0


def name_of(plan: MigPlan) -> str:
    """Name of the plan's own MigAnalytic: always the same, so that a pass that is repeated makes no second one."""
    return f"{plan.name[: _NAME_LENGTH - _UID_LENGTH - 1]}-{plan.uid[:_UID_LENGTH]}"


async def ask(scope: Scope, entries: Sequence[Entry], host: Client, *, now: datetime) -> Wait:
    """Has the volumes measured: once, and again when somebody refreshes the plan. A MigAnalytic that a person made serves as well.

    Args:
        scope: of the pass over the plan.
        entries: its volumes after discovery.
        host: the cluster of the plan, which may be read through mirrors.
        now: the time.

    Raises:
        KubeError: the host cluster failed.
    """
    copied = [entry for entry in entries if (entry.get("selection") or {}).get("action") == Action.COPY]
    if not (copied and scope.settings.enable_intelligent_pv_resize and await _is_to_come(scope, host) and _can_come(scope, copied)):
        return Wait()
    own = f"{scope.plan.namespace}/{name_of(scope.plan)}"
    message = (
        f"MigAnalytic {own} measures how full the volumes of MigPlan {scope.ref} are, to propose a capacity for those that would not fit. The plan "
        f"waits {capacity.LIMIT_S:.0f} seconds for it at most."
    )
    running = checks.advisory(conditions.PV_USAGE_ANALYSIS_RUNNING, "", message)
    known = conditions.find(scope.plan.status.conditions, running.type)
    if known is None and conditions.is_ready(scope.plan.status.conditions) and not scope.plan.spec.refresh:
        # Who has seen it Ready may have asked for a migration already.
        return Wait()
    since = known.last_transition_time if known is not None and known.last_transition_time is not None else now
    left_s = capacity.LIMIT_S - (now - since).total_seconds()
    if left_s > 0:
        # What has been migrated for good, or is being migrated, is looked at once more and not held up.
        return Wait([running], 0.0 if plan_state.is_suspended(scope.migrations) else left_s)
    return Wait([running, _overdue(scope, own)])


def _overdue(scope: Scope, own: str) -> Condition:
    message = (
        f"MigAnalytic {own} has not measured the volumes of MigPlan {scope.ref} within {capacity.LIMIT_S:.0f} seconds, so no copy gets another "
        "capacity than before: copies of nearly full volumes may turn out too small. Look at its conditions and at the node agents of the source, "
        "then set spec.refresh of the plan."
    )
    return checks.warn(conditions.PV_USAGE_ANALYSIS_FAILED, conditions.NOT_DONE, message)


def _can_come(scope: Scope, copied: Iterable[Entry]) -> bool:
    """Whether anything can be measured: a volume is, while a running pod mounts it. The MigAnalytic tells of those that cannot."""
    claims = {capacity.source_claim(PlanPv.model_validate(entry)) for entry in copied}
    running = [pod for pod in scope.pods if (pod.get("status") or {}).get("phase") == "Running"]
    return any((pod["metadata"]["namespace"], claim) in claims for pod in running for claim in workloads.claims_of_pod(pod["spec"]))


async def _is_to_come(scope: Scope, host: Client) -> bool:
    """Whether figures that the plan has asked for, just now or before, are not there yet."""
    analysis = scope.analysis
    if analysis is None:
        await _make(scope.plan, host)
        return True
    if analysis.ref.name != name_of(scope.plan):
        return False
    if analysis.is_pending:
        return True
    if scope.plan.spec.refresh:
        await host.patch(resources.MIG_ANALYTICS, analysis.ref.name, {"spec": {"refresh": True}}, namespace=analysis.ref.namespace)
        return True
    waiting = conditions.find(scope.plan.status.conditions, conditions.PV_USAGE_ANALYSIS_RUNNING)
    asked = waiting.last_transition_time if waiting is not None else None
    if asked is None or (analysis.since is not None and analysis.since >= asked):
        return False
    # What was read through a mirror was there before the plan asked.
    latest = await host.live.find(resources.MIG_ANALYTICS, analysis.ref.name, namespace=analysis.ref.namespace)
    found = capacity.newest([MigAnalytic.from_dict(latest)]) if latest is not None else None
    return found is None or found.is_pending


async def _make(plan: MigPlan, host: Client) -> None:
    marks = {MigPlan.KIND.singular: names.label_value(plan.name), names.CREATED_BY: names.label_value(plan.name)}
    owner = {"apiVersion": plan.KIND.api_version, "kind": plan.KIND.kind, "name": plan.name, "uid": plan.uid}
    body = {
        "apiVersion": MigAnalytic.KIND.api_version,
        "kind": MigAnalytic.KIND.kind,
        "metadata": {
            "name": name_of(plan),
            "namespace": plan.namespace,
            "labels": marks,
            "annotations": dict.fromkeys(marks, plan.name),
            "ownerReferences": [owner],
        },
        "spec": {
            "migPlanRef": {"name": plan.name, "namespace": plan.namespace},
            "analyzeK8SResources": False,
            "analyzeImageCount": False,
            "analyzePVCapacity": False,
            "analyzeExtendedPVCapacity": True,
        },
    }
    try:
        await host.create(resources.MIG_ANALYTICS, body)
    except errors.AlreadyExists:
        return


async def release(plan: MigPlan, host: Client) -> None:
    """Deletes it, where the plan has one: nobody looks at its figures any more."""
    await host.delete(resources.MIG_ANALYTICS, name_of(plan), namespace=plan.namespace)
