"""Waits until the definitions that a restore has brought are served, and makes objects of them without a pause.

For two seconds after a definition has come into force, an API server holds each request that creates an object of it for two seconds, so that
other API servers of the cluster get to know the definition as well. Whoever asks right after that time is answered at once, and so is
server-side apply at any time.
"""

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mtc.engine import results
from mtc.engine.restore.context import Context
from mtc.kube import discovery, resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

#: Velero's --resource-timeout.
_TIMEOUT_S = 600.0
#: A type is in discovery a moment after its definition has come into force; on a busy server the moment can be long.
_PUBLISHED_S = 30.0
_PUBLISHED_AGAIN_S = 0.1
#: So long an API server counts a definition as one that was only just made; it knows when in whole seconds.
_FRESH_S = 2.0


@dataclass(frozen=True)
class Fresh:
    """Definitions that came into force a moment ago.

    Attributes:
        types: of their objects.
        until_s: when that moment is over, in the time of `time.monotonic`.
        established: all definitions that are in force.
    """

    types: frozenset[str] = frozenset()
    until_s: float = 0.0
    established: frozenset[str] = frozenset()

    def holds_back(self, kind: ResourceType) -> bool:
        """Whether a request that creates an object of this type would be held back now."""
        return kind.group_resource in self.types and time.monotonic() < self.until_s

    async def settled(self) -> None:
        """Waits until the moment is over."""
        await asyncio.sleep(max(0.0, self.until_s - time.monotonic()))


async def served(context: Context, wanted: list[str]) -> Fresh:
    """Waits until definitions are served; which of them are so only since a moment. One that never is goes to the context's results.

    Raises:
        KubeError: the cluster failed.
    """
    cache = watch.Cache(context.cluster, resources.CUSTOM_RESOURCE_DEFINITIONS)
    follower = asyncio.create_task(cache.run())

    def missing() -> list[str]:
        return [name for name in wanted if not _is_established(cache.objects.get(f"/{name}"))]

    try:
        if not await cache.wait(lambda: not missing(), timeout_s=_TIMEOUT_S):
            for name in missing():
                context.fail(
                    results.CLUSTER, f"CustomResourceDefinition {name} did not become Established; its objects cannot be restored."
                )
        left_s = {name: _left_s(cache.objects.get(f"/{name}"), now_s=time.time()) for name in wanted}
        established = frozenset(name for name in wanted if f"/{name}" in cache.objects and _is_established(cache.objects[f"/{name}"]))
    finally:
        follower.cancel()
    types = frozenset(name for name, seconds in left_s.items() if seconds > 0)
    return Fresh(types, time.monotonic() + max(left_s.values(), default=0.0), established)


async def applied(cluster: Client, kind: ResourceType, item: Object) -> bool:
    """Makes an object by server-side apply, with the field owners that it had; False where there is one of its name, which is left alone.

    Raises:
        KubeError: the cluster failed. Another of its API servers may not know the type yet, and answer NotFound.
    """
    meta = item["metadata"]
    if await cluster.find(kind, meta["name"], namespace=meta.get("namespace")):
        return False
    # Apply takes no owners, and is given none: those of the saved object come behind it.
    body = {**item, "metadata": {key: value for key, value in meta.items() if key != "managedFields"}}
    await cluster.apply(kind, body, force=False)
    if owners := meta.get("managedFields"):
        await cluster.patch(kind, meta["name"], {"metadata": {"managedFields": owners}}, namespace=meta.get("namespace"))
    return True


async def published(context: Context, established: Collection[str]) -> discovery.Discovery:
    """What the cluster serves, once the types of these definitions are among it; as it is after half a minute.

    Raises:
        KubeError: the cluster failed.
    """
    end = time.monotonic() + _PUBLISHED_S
    while True:
        found = await discovery.discover(context.cluster)
        if all(found.by_group_resource(name) for name in established) or time.monotonic() > end:
            return found
        await asyncio.sleep(_PUBLISHED_AGAIN_S)


def _left_s(definition: Object | None, *, now_s: float) -> float:
    """For how long a definition still counts as one that was only just made; where the clocks differ, no longer than if it were made now."""
    told = _true(definition).get("Established")
    if told is None:
        return 0.0
    return min(_FRESH_S, datetime.fromisoformat(told).timestamp() + _FRESH_S - now_s)


def _is_established(definition: Object | None) -> bool:
    # One that is not there could not be created, which has been told already.
    return definition is None or {"Established", "NamesAccepted"} <= _true(definition).keys()


def _true(definition: Object | None) -> dict[str, Any]:
    """Since when what holds of a definition; one that has only just been made has no list yet, or null in its place."""
    status: Mapping[str, Any] = (definition or {}).get("status") or {}
    return {item["type"]: item.get("lastTransitionTime") for item in status.get("conditions") or [] if item.get("status") == "True"}
