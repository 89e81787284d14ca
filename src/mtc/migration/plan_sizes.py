"""The MigAnalytic of a plan: it measures how full the volumes are that the plan copies, and belongs to the plan."""

from collections.abc import Sequence

from mtc.api import names
from mtc.api.migration.miganalytic import MigAnalytic
from mtc.api.migration.migplan import Action, MigPlan
from mtc.kube import errors, resources
from mtc.kube.client import Client
from mtc.migration.checks.plan import Scope
from mtc.migration.volumes.entries import Entry

_UID_LENGTH = 5
_NAME_LENGTH = 253


def name_of(plan: MigPlan) -> str:
    """Name of the plan's own MigAnalytic: always the same, so that a pass that is repeated makes no second one."""
    return f"{plan.name[: _NAME_LENGTH - _UID_LENGTH - 1]}-{plan.uid[:_UID_LENGTH]}"


async def ask(scope: Scope, entries: Sequence[Entry], host: Client) -> None:
    """Has the volumes measured: once, and again when somebody refreshes the plan. A MigAnalytic that a person made serves as well.

    Args:
        scope: of the pass over the plan.
        entries: its volumes after discovery.
        host: the cluster of the plan, live.

    Raises:
        KubeError: the host cluster failed.
    """
    copied = any((entry.get("selection") or {}).get("action") == Action.COPY for entry in entries)
    if not (copied and scope.settings.enable_intelligent_pv_resize):
        return
    if scope.analysis is None:
        await _make(scope.plan, host)
    elif scope.plan.spec.refresh and not scope.analysis.is_pending and scope.analysis.ref.name == name_of(scope.plan):
        ref = scope.analysis.ref
        await host.patch(resources.MIG_ANALYTICS, ref.name, {"spec": {"refresh": True}}, namespace=ref.namespace)


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
