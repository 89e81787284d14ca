"""How a Backup or Restore waits for trouble that passes by itself, and tells what it waits for.

Requests to the API server and to the bucket are repeated (`kube.patient`, `store.patient`); what is wrong with the bucket
stands in an annotation of the object meanwhile, where the migration and people find it.
"""

from collections.abc import Awaitable
from typing import Any, TypeVar

from mtc import store
from mtc.api import names
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.store.patient import Patient
from mtc.telemetry import logs

T = TypeVar("T")


def bucket(inner: store.Store, *, cluster: Client, kind: ResourceType, item: Object) -> Patient:
    """The store of a Backup or Restore that is at work.

    Args:
        inner: the store that fails at once.
        cluster: where the object is.
        kind: of the object.
        item: the object.
    """

    async def tell(text: str) -> None:
        await say(cluster, kind, item, text)

    return Patient(inner, tell=tell)


async def say(cluster: Client, kind: ResourceType, item: Object, text: str) -> None:
    """Notes what the object waits for; an empty text takes it away."""
    meta = item["metadata"]
    logs.get(cluster=cluster.name).info("waiting" if text else "waits no more", object=f"{kind.kind} {meta['name']}", reason=text)
    body: Object = {"metadata": {"annotations": {names.WAITING_FOR: text or None}}}
    await cluster.patch(kind, meta["name"], body, namespace=meta["namespace"])


async def plainly(work: Awaitable[T]) -> T:
    """The result of work that is done in groups of tasks; what went wrong first in place of the group."""
    try:
        return await work
    except BaseExceptionGroup as group:
        raise first(group) from group


def first(group: BaseExceptionGroup[Any]) -> BaseException:
    """What went wrong first in a group of tasks."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
