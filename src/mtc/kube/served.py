"""What clusters serve, read once and again after each change of a CustomResourceDefinition or an APIService.

A server publishes a changed definition in its discovery some time after the definition itself has changed. Until then what
was read is not settled: it is read again by the next step, which the reader is told to make soon. The same holds where the
first list of definitions has one that is not published: it may have been made just before.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from mtc.kube import discovery, resources
from mtc.kube.client import Client
from mtc.kube.discovery import Discovery
from mtc.kube.mirror import Changes, Follower, Topic
from mtc.kube.mirrors import Mirrors

#: Servers publish a definition within a second or two; an aggregated API that restarts needs longer.
_SETTLED_S = 8.0
_AGAIN_S = 2.0


@dataclass(frozen=True)
class Served:
    """What a cluster serves.

    Attributes:
        discovery: the types.
        custom_groups: the API groups that come with a CustomResourceDefinition.
        again_s: read it again after so many seconds, because a change may not be published yet; None where it is settled.
    """

    discovery: Discovery
    custom_groups: frozenset[str]
    again_s: float | None = None


@dataclass
class _Known:
    reading: asyncio.Lock
    served: Served | None = None
    changes: tuple[Changes, ...] = ()
    read_at: float = 0.0


class ServedKinds:
    """What the clusters of a process serve.

    Attributes:
        mirrors: which follow the definitions, and all else that is read of these clusters.
    """

    def __init__(self, mirrors: Mirrors) -> None:
        self.mirrors = mirrors
        self._known: WeakKeyDictionary[Client, _Known] = WeakKeyDictionary()

    @staticmethod
    def topics(cluster: Client) -> tuple[Topic, Topic]:
        """What the answer depends on: definitions and APIServices."""
        return Topic(cluster, resources.CUSTOM_RESOURCE_DEFINITIONS), Topic(cluster, resources.API_SERVICES)

    async def read(self, cluster: Client, follower: Follower) -> Served:
        """What a cluster serves now. Raises KubeError."""
        definitions, services = self.topics(cluster)
        changes = (await self.mirrors.changes(definitions, follower), await self.mirrors.changes(services, follower))
        known = self._known.setdefault(cluster, _Known(asyncio.Lock()))
        async with known.reading:
            now = asyncio.get_running_loop().time()
            unsettled = known.served is not None and known.served.again_s is not None and now - known.read_at >= _AGAIN_S / 2
            if known.served is None or known.changes != changes or unsettled:
                found = await discovery.discover(cluster)
                names = [item["metadata"]["name"] for item in await self.mirrors.list(definitions, follower)]
                again_s = None if _is_settled(changes, names, found, now) else _AGAIN_S
                known.served = Served(found, frozenset(name.partition(".")[2] for name in names), again_s)
                known.changes, known.read_at = changes, now
            return known.served


def _is_settled(changes: Iterable[Changes], definitions: Iterable[str], found: Discovery, now: float) -> bool:
    """Whether what was found is what there is.

    Args:
        changes: of definitions and APIServices, from before they were published.
        definitions: the names of the definitions, `plural.group`.
        found: what the server publishes.
        now: the time when that was read.
    """
    if now >= max(change.last for change in changes) + _SETTLED_S:
        return True
    published = {kind.group_resource for kind in found.served}
    return all(change.count == 0 for change in changes) and published.issuperset(definitions)
