"""TestConnectFailed: the API server must answer a real request, with the token, within seconds."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.cluster import Scope


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if scope.trouble is None:
        return []
    text = str(scope.trouble)
    spec = scope.cluster.spec
    if "certificate" in text.lower() and not spec.ca_bundle and not spec.insecure:
        text += " A certificate that the cluster signed itself needs its CA in spec.caBundle."
    return [checks.critical(conditions.TEST_CONNECT_FAILED, scope.trouble.reason, text)]


CHECK = checks.Check(order=30, types=(conditions.TEST_CONNECT_FAILED,), run=_run, after_critical=False)
