"""SaTokenNotPrivileged: the token must be allowed everything in the API groups that migrations are made of."""

from collections.abc import Sequence

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import checks
from mtc.migration.checks.cluster import Scope

_GROUPS = (names.MIGRATION_GROUP, names.VELERO_GROUP)


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.is_remote or scope.client is None or scope.trouble is not None:
        return []
    lacking = [group for group in _GROUPS if not await _may_do_all(scope.client, group)]
    if not lacking:
        return []
    message = (
        f"The service account whose token MigCluster {scope.cluster.ref} uses may not do everything in the API groups [] of its cluster. "
        "Bind it to ClusterRole cluster-admin, or to a role with all verbs on all resources of these groups."
    )
    return [checks.critical(conditions.SA_TOKEN_NOT_PRIVILEGED, conditions.UNAUTHORIZED, message, items=lacking)]


async def _may_do_all(client: Client, group: str) -> bool:
    review = {
        "apiVersion": resources.SELF_SUBJECT_ACCESS_REVIEWS.api_version,
        "kind": resources.SELF_SUBJECT_ACCESS_REVIEWS.kind,
        "metadata": {},
        "spec": {"resourceAttributes": {"group": group, "resource": "*", "verb": "*", "version": "*"}},
    }
    answer = await client.create(resources.SELF_SUBJECT_ACCESS_REVIEWS, review)
    return bool((answer.get("status") or {}).get("allowed"))


CHECK = checks.Check(order=40, types=(conditions.SA_TOKEN_NOT_PRIVILEGED,), run=_run, after_critical=False)
