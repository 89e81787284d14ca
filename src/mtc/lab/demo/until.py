"""Wait for a state of a collection, by watching it."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from mtc.kube import watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.lab.demo import errors

Objects = Mapping[str, Object]


async def until(
    cluster: Client, kind: ResourceType, missing: Callable[[Objects], list[str]], *, namespace: str | None, deadline_s: float
) -> list[Object]:
    """The objects of the collection, as soon as nothing is missing any more.

    Args:
        cluster: where.
        kind: of the objects.
        missing: what is still missing, one sentence for each, from the objects by `namespace/name`.
        namespace: of the objects.
        deadline_s: how long to wait.

    Raises:
        errors.StepFailed: something was still missing at the deadline.
    """
    cache = watch.Cache(cluster, kind, namespace=namespace)
    follower = asyncio.create_task(cache.run())
    try:
        if not await cache.wait(lambda: not missing(cache.objects), timeout_s=deadline_s):
            left = missing(cache.objects) or ["the list of them could not be read"]
            lost = f" The cluster does not answer: {cache.error}" if cache.error else ""
            msg = f"Still missing after {deadline_s:.0f} s on cluster {cluster.name}: {'; '.join(left)}.{lost}"
            raise errors.StepFailed(msg)
        return list(cache.objects.values())
    finally:
        follower.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await follower


async def gone(
    cluster: Client, kind: ResourceType, is_meant: Callable[[Object], bool], *, namespace: str | None, deadline_s: float
) -> None:
    """Return when no object of the collection is meant any more. Raises errors.StepFailed at the deadline."""

    def left(objects: Objects) -> list[str]:
        return [f"{kind.kind} {key.strip('/')} does not go away" for key, item in objects.items() if is_meant(item)]

    await until(cluster, kind, left, namespace=namespace, deadline_s=deadline_s)


def has_condition(item: Object | None, name: str) -> bool:
    """Whether the object has the condition, and it is true."""
    conditions = ((item or {}).get("status") or {}).get("conditions") or []
    return any(condition.get("type") == name and condition.get("status") == "True" for condition in conditions)
