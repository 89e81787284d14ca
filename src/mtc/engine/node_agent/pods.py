"""The pods of our node, as far as restores care: does the pod's waiting init container run?"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mtc.engine.restore_actions import pod_volume_restore
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object

#: none: the pod has no such container. waiting: it has not started yet. running. ended: the application may be running.
Waiter = Literal["none", "waiting", "running", "ended"]


@dataclass(frozen=True, slots=True)
class PodState:
    """What restores need to know about a pod.

    Attributes:
        waiter: state of the init container that holds the application back.
        is_going: whether the pod is being deleted.
    """

    waiter: Waiter
    is_going: bool

    @property
    def is_ready_for_data(self) -> bool:
        """Whether its volumes may be written: they are mounted, and the application cannot run."""
        return self.waiter == "running" and not self.is_going


def state_of(pod: Object) -> PodState:
    """The state of a pod."""
    status = pod.get("status") or {}
    is_going = bool(pod["metadata"].get("deletionTimestamp"))
    if not any(container["name"] == pod_volume_restore.CONTAINER for container in pod["spec"].get("initContainers") or []):
        return PodState("none", is_going)
    if status.get("phase") in {"Succeeded", "Failed"}:
        return PodState("ended", is_going)
    for container in status.get("initContainerStatuses") or []:
        if container.get("name") == pod_volume_restore.CONTAINER:
            now = container.get("state") or {}
            return PodState("running" if "running" in now else "ended" if "terminated" in now else "waiting", is_going)
    return PodState("waiting", is_going)


class PodsOfNode:
    """The pods of a node by uid, kept up to date by `run`."""

    def __init__(self, cluster: Client, node: str) -> None:
        self._cluster = cluster
        self._node = node
        self._changed = asyncio.Condition()
        self.synced = asyncio.Event()
        self.states: dict[str, PodState] = {}

    async def run(self, on_change: Callable[[str], None]) -> None:
        """Follows the pods until cancelled; tells the uid of each pod that changed."""
        async for event in watch.watch(self._cluster, resources.PODS, field_selector=f"spec.nodeName={self._node}"):
            if event.type == "SYNCED":
                self.synced.set()
            if not event.object:
                continue
            uid = event.object["metadata"]["uid"]
            async with self._changed:
                if event.type == "DELETED":
                    self.states.pop(uid, None)
                else:
                    self.states[uid] = state_of(event.object)
                self._changed.notify_all()
            on_change(uid)

    async def until_not_ready(self, uid: str) -> None:
        """Returns when the pod can no longer be given data."""
        async with self._changed:
            await self._changed.wait_for(lambda: not (uid in self.states and self.states[uid].is_ready_for_data))

    async def until_going(self, uid: str) -> None:
        """Returns when the pod is gone or being deleted."""
        async with self._changed:
            await self._changed.wait_for(lambda: uid not in self.states or self.states[uid].is_going)
