"""NamespaceNotFoundOnSourceCluster, NamespaceNotFoundOnDestinationCluster."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_SOURCE, _TARGET = conditions.NAMESPACE_NOT_FOUND_ON_SOURCE, conditions.NAMESPACE_NOT_FOUND_ON_DESTINATION


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    found = []
    if missing := [name for name, namespace in scope.source_namespaces.items() if namespace is None]:
        message = (
            f"Namespaces [] of MigPlan {scope.ref} do not exist on its source, cluster {scope.source.name}. "
            f"Correct spec.namespaces{_hint(scope, missing)}."
        )
        found.append(checks.critical(_SOURCE, conditions.NOT_FOUND, message, items=missing))
    if scope.target_namespaces and scope.target_namespaces.get(scope.namespace) is None:
        message = f"Namespaces [] do not exist on the target of MigPlan {scope.ref}, cluster {scope.target.name}{_hint(scope, [scope.namespace])}."
        found.append(checks.critical(_TARGET, conditions.NOT_FOUND, message, items=[scope.namespace]))
    return found


def _hint(scope: Scope, missing: Sequence[str]) -> str:
    return f", and install the toolkit there, which makes {scope.namespace}" if scope.namespace in missing else ""


CHECK = checks.Check(order=60, types=(_SOURCE, _TARGET), run=_run)
