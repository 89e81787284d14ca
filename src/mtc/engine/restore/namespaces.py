"""Makes the namespaces that restored objects go to."""

import asyncio

from mtc.engine.restore import existing
from mtc.engine.restore.context import Context
from mtc.engine.results import VELERO
from mtc.kube import codec, errors, resources, watch
from mtc.kube.client import Object

#: Velero's --terminating-resource-timeout.
_TERMINATING_TIMEOUT_S = 600.0
_NAME_LABEL = "kubernetes.io/metadata.name"
_MARK = "migration-included-stage-backup"


async def ensure(context: Context, sources: list[str]) -> dict[str, str]:
    """Makes the target of each source namespace; the targets that cannot be used, with the reason.

    Existing namespaces are never changed.
    """
    broken: dict[str, str] = {}
    places = asyncio.Semaphore(16)

    async def one(source: str) -> None:
        target = context.target_namespace(source)
        async with places:
            try:
                await _ensure(context, source, target)
            except (errors.KubeError, TimeoutError) as error:
                broken[target] = str(error)
                context.fail(VELERO, f"Namespace {target} cannot be used, so nothing was restored into it: {error}")

    async with asyncio.TaskGroup() as group:
        for source in sources:
            group.create_task(one(source))
    return broken


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
