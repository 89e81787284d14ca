"""InvalidSaSecretRef, InvalidSaToken: a remote cluster needs a Secret with a token."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks, clusters, errors
from mtc.migration.checks.cluster import Scope


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.is_remote:
        return []
    try:
        clusters.check_token(scope.cluster, scope.secret)
    except (errors.InvalidSecretRef, errors.InvalidToken) as trouble:
        return [checks.critical(trouble.condition, trouble.reason, str(trouble))]
    return []


CHECK = checks.Check(order=20, types=(conditions.INVALID_SA_SECRET_REF, conditions.INVALID_SA_TOKEN), run=_run)
