"""Facts of both clusters that only some plans need: Secrets with proxy settings, and KubeVirt."""

import dataclasses

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import parallel
from mtc.migration.checks.plan import Scope

KUBEVIRTS = ResourceType("kubevirt.io", "v1", "kubevirts", "KubeVirt")
#: Of the Secrets with proxy settings.
PROXY_SELECTOR = f"{names.PROXY_CONFIG}={names.PROXY_CONFIG_VALUE}"


async def of_clusters(scope: Scope) -> Scope:
    """The scope with these facts, as far as the clusters can be asked.

    Raises:
        KubeError: a cluster failed.
    """
    source, target = await parallel.gather(_proxies(side.client, scope.namespace) for side in (scope.source, scope.target))
    scope = dataclasses.replace(scope, source_proxies=source, target_proxies=target)
    if not scope.plan.spec.live_migrate:
        return scope
    sides = {side.name: side.client for side in (scope.source, scope.target) if side.client is not None}
    found = await parallel.gather(client.list_all(KUBEVIRTS) for client in sides.values())
    return dataclasses.replace(scope, kubevirts={name: tuple(items) for name, items in zip(sides, found, strict=True)})


async def _proxies(cluster: Client | None, namespace: str) -> tuple[Object, ...]:
    if cluster is None:
        return ()
    return tuple(await cluster.list_all(resources.SECRETS, namespace=namespace, label_selector=PROXY_SELECTOR))
