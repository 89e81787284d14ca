"""SourceClusterProxySecretMisconfigured, DestinationClusterProxySecretMisconfigured: at most one Secret says how to reach the world."""

from collections.abc import Iterable, Sequence

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.kube.client import Object
from mtc.migration import checks
from mtc.migration.checks.plan import Scope
from mtc.migration.sides import Side

_SOURCE, _TARGET = conditions.SOURCE_CLUSTER_PROXY_SECRET_MISCONFIGURED, conditions.DESTINATION_CLUSTER_PROXY_SECRET_MISCONFIGURED
_KEYS = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    return [
        *_check(scope, _SOURCE, scope.source, scope.source_proxies),
        *_check(scope, _TARGET, scope.target, scope.target_proxies),
    ]


def _check(scope: Scope, type_: str, side: Side, found: Sequence[Object]) -> Iterable[Condition]:
    mark = f"{names.PROXY_CONFIG}={names.PROXY_CONFIG_VALUE}"
    where = f"in namespace {scope.namespace} of cluster {side.name}, which MigPlan {scope.ref} works on"
    if len(found) > 1:
        message = (
            f"Secrets [] {where}, all have the label {mark}, and only one can say which proxy the image registry uses. "
            "Take the label off the others, or delete them."
        )
        yield checks.critical(type_, conditions.CONFLICT, message, items=sorted(item["metadata"]["name"] for item in found))
    elif found and not set(_KEYS) & (found[0].get("data") or {}).keys():
        message = (
            f"Secret {found[0]['metadata']['name']} {where}, has the label {mark} and none of the keys {', '.join(_KEYS)}. "
            "Give it one of them, or delete it if no proxy is needed."
        )
        yield checks.critical(type_, conditions.KEY_NOT_FOUND, message)


CHECK = checks.Check(order=75, types=(_SOURCE, _TARGET), run=_run)
