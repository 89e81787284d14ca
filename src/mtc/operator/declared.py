"""A loop over declarations whose passes name what they depend on: a change of that is what wakes an object again."""

from collections.abc import Awaitable, Callable

from mtc.api import base
from mtc.kube.client import Client, typed
from mtc.kube.mirror import BURST_S, Follower, Version
from mtc.kube.reading import Readings
from mtc.kube.resources import ResourceType
from mtc.kube.served import ServedKinds
from mtc.migration.topics import Result
from mtc.operator.loop import MANY_WORKERS, Loop, Ref

#: One pass over an object, which reads what it depends on through the readings, or names it in its result.
Pass = Callable[[base.Ref, Readings], Awaitable[Result]]


class Declared:
    """The declarations of one kind.

    Args:
        host: where the objects live.
        kind: their type.
        step: one pass over one of them.
        namespace: where they are.
        served: what all kinds read through.
        hurries: whether an object is looked at at once when contact to what it depends on is lost.

    Attributes:
        loop: runs the passes.
    """

    def __init__(self, host: Client, kind: ResourceType, step: Pass, *, namespace: str, served: ServedKinds, hurries: bool = False) -> None:
        self._pass, self._served = step, served
        self._host, self._kind, self._namespace, self._hurries = host, kind, namespace, hurries
        self.loop = Loop(host, kind, self._step, namespace=namespace, workers=MANY_WORKERS, rests=True)

    async def wake_all(self) -> None:
        """Steps every object of the kind. Raises KubeError."""
        async for page in self._host.pages(self._kind, namespace=self._namespace, metadata_only=True):
            for raw in page.items:
                meta = typed(self._kind, raw)["metadata"]
                self.loop.wake(Ref(meta["namespace"], meta["name"]))

    async def _step(self, ref: Ref) -> float | None:
        def wake(after_s: float, found: Version | None) -> None:
            self.loop.wake(ref, after_s=min(after_s, BURST_S) if self._hurries else after_s, found=found)

        follower = Follower((self._kind.plural, ref), wake)
        readings = Readings(self._served, follower)
        result = await self._pass(base.Ref(ref.namespace, ref.name), readings)
        self._served.mirrors.follow(follower, result.topics)
        self.loop.left(ref, result.version, readings.made)
        return result.after_s
