"""SaTokenNotPrivileged: the token must be allowed what every migration needs; what more a plan needs is checked with the plan."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.cluster import Scope
from mtc.migration.checks.plan.permissions import phrases
from mtc.migration.rights import needed, reviews

_TYPE = conditions.SA_TOKEN_NOT_PRIVILEGED
_ROLES = "deploy/manifests/least-privilege"


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.is_remote or scope.client is None or scope.trouble is not None:
        return []
    missing = await reviews.missing(scope.client, needed.of_any_cluster(), toolkit=scope.namespace)
    if not missing:
        return []
    message = (
        f"The service account whose token MigCluster {scope.cluster.ref} uses lacks rights that every migration needs on its cluster: []. "
        f"Grant them: `mtc install` does, and the manifests in {_ROLES} have nothing but what is needed."
    )
    return [checks.critical(_TYPE, conditions.UNAUTHORIZED, message, items=phrases(missing))]


CHECK = checks.Check(order=40, types=(_TYPE,), run=_run, after_critical=False)
