"""NamespacesHaveNodeSelectors: nodes of the target have other labels, so pods are restored without their node selectors."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube.client import Object
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_TYPE = conditions.NAMESPACES_HAVE_NODE_SELECTORS
#: Set by clusters themselves, on almost every pod.
_USUAL = frozenset({"node-role.kubernetes.io/compute", "kubernetes.io/arch", "kubevirt.io/schedulable"})


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    affected = sorted({pod["metadata"]["namespace"] for pod in scope.pods if _selects(pod)})
    if not affected:
        return []
    message = (
        f"Pods in namespaces [] of MigPlan {scope.ref} choose their nodes by spec.nodeSelector. The labels of nodes differ between clusters, "
        "so the field is left out of restored pods. Set it again on the target where it is needed."
    )
    found = checks.warn(_TYPE, conditions.NODE_SELECTORS_DETECTED, message, items=affected)
    return [found.model_copy(update={"durable": True})]


def _selects(pod: Object) -> bool:
    return bool(set(pod["spec"].get("nodeSelector") or {}) - _USUAL)


CHECK = checks.Check(order=85, types=(_TYPE,), run=_run)
