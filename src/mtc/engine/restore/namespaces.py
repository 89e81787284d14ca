"""Makes the namespaces that restored objects go to."""

import asyncio
from collections.abc import Iterable

from mtc.engine.restore import existing
from mtc.engine.restore.context import Context
from mtc.engine.results import VELERO
from mtc.kube import codec, errors, resources, watch
from mtc.kube.client import Object

#: Velero's --terminating-resource-timeout.
_TERMINATING_TIMEOUT_S = 600.0
_NAME_LABEL = "kubernetes.io/metadata.name"
_MARK = "migration-included-stage-backup"


class Targets:
    """The namespaces that objects of one run go to, each made once: of the first source namespace that needs it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._places = asyncio.Semaphore(16)
        self._locks: dict[str, asyncio.Lock] = {}
        self._usable: dict[str, bool] = {}

    async def ensure(self, sources: Iterable[str]) -> None:
        """Makes the targets of source namespaces."""
        async with asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(self.is_usable(source))

    async def is_usable(self, source: str) -> bool:
        """Whether the target of a source namespace is there, which is made where it is not; why it is not goes to the results.

        Existing namespaces are never changed.
        """
        target = self._context.target_namespace(source)
        async with self._locks.setdefault(target, asyncio.Lock()):
            if target not in self._usable:
                self._usable[target] = await self._make(source, target)
            return self._usable[target]

    async def _make(self, source: str, target: str) -> bool:
        async with self._places:
            try:
                await _ensure(self._context, source, target)
            except (errors.KubeError, TimeoutError) as error:
                self._context.fail(VELERO, f"Namespace {target} cannot be used, so nothing was restored into it: {error}")
                return False
        return True


async def _ensure(context: Context, source: str, target: str) -> None:
    live = await context.cluster.find(resources.NAMESPACES, target)
    if live is not None and live["metadata"].get("deletionTimestamp"):
        await _gone(context, target)
        live = None
    if live is not None:
        return
    body = _body(context, source, target)
    try:
        await context.cluster.create(resources.NAMESPACES, body)
    except errors.AlreadyExists:
        return
    context.settle(body, "created")


def _body(context: Context, source: str, target: str) -> Object:
    place = context.reader.find("namespaces", "", source)
    body: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": target}}
    if place is None:
        return body
    stored: Object = existing.reset(codec.loads(context.reader.body(place)))
    labels = {key: value for key, value in (stored["metadata"].get("labels") or {}).items() if key not in {_NAME_LABEL, _MARK}}
    body["metadata"] |= {"labels": labels, "annotations": stored["metadata"].get("annotations") or {}}
    return body


async def _gone(context: Context, name: str) -> None:
    """Waits until a namespace that is being deleted is gone."""
    cache = watch.Cache(context.cluster, resources.NAMESPACES)
    follower = asyncio.create_task(cache.run())
    try:
        if not await cache.wait(lambda: f"/{name}" not in cache.objects, timeout_s=_TERMINATING_TIMEOUT_S):
            msg = f"namespace {name} is being deleted and did not go within {_TERMINATING_TIMEOUT_S:.0f} s; see its finalizers"
            raise TimeoutError(msg)
    finally:
        follower.cancel()
