"""InvalidURL: a remote cluster needs the URL of its API server."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks, clusters, errors
from mtc.migration.checks.cluster import Scope


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.is_remote:
        return []
    try:
        clusters.check_url(scope.cluster)
    except errors.InvalidUrl as trouble:
        return [checks.critical(conditions.INVALID_URL, trouble.reason, str(trouble))]
    return []


CHECK = checks.Check(order=10, types=(conditions.INVALID_URL,), run=_run)
