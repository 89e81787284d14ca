"""A client whose reads come from mirrors and are remembered as topics; writes, and reads that mirrors cannot serve, go to the server.

Code that is given one of these works as with any client, and what it looked at is known afterwards: that is what wakes it
again. A kind that the cluster does not serve is empty, and its appearance counts as a change.
"""

from collections.abc import AsyncIterator

from mtc.kube import codec, discovery, errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.mirror import Follower, Topic, Version
from mtc.kube.resources import ResourceType
from mtc.kube.served import Served, ServedKinds

_LABELS = "labels"


def labels(item: Object) -> list[str]:
    """The values under which an object is found by its labels: an index of this name makes `label_selector` work on a mirror."""
    return [f"{key}={value}" for key, value in (item["metadata"].get("labels") or {}).items()]


def _can_hold(namespace: str | None) -> bool:
    return not namespace or resources.can_be_name(namespace)


async def served(cluster: Client) -> Served:
    """What a cluster serves: as its reader knows it, for other clients as discovery says now. Raises KubeError."""
    if isinstance(cluster, Reader):
        return await cluster.served()
    definitions = cluster.pages(resources.CUSTOM_RESOURCE_DEFINITIONS, metadata_only=True)
    names = [codec.head(raw).metadata.name async for page in definitions for raw in page.items]
    return Served(await discovery.discover(cluster), frozenset(name.partition(".")[2] for name in names))


class Readings:
    """All reads of one step of one follower, whatever the cluster: `topics` is what they were, `again_s` when to step again at the latest.

    `made` is what the step has created itself: that it appears is no reason for another step.

    Args:
        served: what clusters serve, with the mirrors to read from.
        follower: who is woken when something of it changes.
    """

    def __init__(self, served: ServedKinds, follower: Follower) -> None:
        self.mirrors, self.served, self.follower = served.mirrors, served, follower
        self.topics: set[Topic] = set()
        self.made: set[Version] = set()
        self.again_s: float | None = None
        self._readers: dict[Client, Reader] = {}

    def of(self, cluster: Client) -> "Reader":
        """The reader of a cluster, the same one for the whole step."""
        return cluster if isinstance(cluster, Reader) else self._readers.setdefault(cluster, Reader(cluster, self))


class Reader(Client):
    """Reads of one step from one cluster. What it returns is cut down to the shape of the kind, and belongs to the mirror: change nothing.

    Args:
        live: the client for everything else.
        readings: of the step.
    """

    def __init__(self, live: Client, readings: Readings) -> None:
        # The connections are those of the client; they are not closed here.
        self.access, self.transport = live.access, live.transport
        self._live, self._readings = live, readings

    @property
    def name(self) -> str:  # type: ignore[override]
        """What messages call the cluster."""
        return self._live.name

    @property
    def live(self) -> Client:
        """The client that asks the server."""
        return self._live

    async def close(self) -> None:
        """Nothing: the connections belong to the client."""

    async def served(self) -> Served:
        """What the cluster serves, from the mirrors. Raises KubeError."""
        self._readings.topics |= set(self._readings.served.topics(self._live))
        found = await self._readings.served.read(self._live, self._readings.follower)
        if found.again_s is not None:
            self._readings.again_s = min(found.again_s, self._readings.again_s or found.again_s)
        return found

    async def find(self, kind: ResourceType, name: str, *, namespace: str | None = None) -> Object | None:
        """One object, or None when it, or its type, does not exist."""
        if not resources.can_be_name(name) or not _can_hold(namespace) or not await self._serves(kind):
            return None
        topic = self._remember(Topic(self._live, kind, namespace, name))
        try:
            return await self._readings.mirrors.find(topic, self._readings.follower)
        except (errors.NotFound, errors.NotServed):
            return None

    async def get(self, kind: ResourceType, name: str, *, namespace: str | None = None) -> Object:
        """One object. Raises errors.NotFound."""
        found = await self.find(kind, name, namespace=namespace)
        return found if found is not None else await self._live.get(kind, name, namespace=namespace)

    async def list_all(
        self, kind: ResourceType, *, namespace: str | None = None, label_selector: str = "", field_selector: str = ""
    ) -> list[Object]:
        """The objects of a collection; empty when the type is not served.

        Labels are found by an index where the kind has one. What mirrors do not keep is asked of the server, and its change wakes nobody.
        """
        if not _can_hold(namespace) or not await self._serves(kind):
            return []
        pairs = [pair.strip() for pair in label_selector.split(",") if pair.strip()]
        mirrors = self._readings.mirrors
        selector = None if field_selector else mirrors.collection(kind, pairs)
        if selector is None or (pairs and not mirrors.has_index(kind, _LABELS)):
            return await self._live.list_all(kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector)
        index, value = (_LABELS, pairs[-1]) if pairs else ("", "")
        found = await self._list(Topic(self._live, kind, namespace, index=index, value=value, selector=selector))
        return [item for item in found if set(pairs) <= set(labels(item))]

    async def iterate(
        self, kind: ResourceType, *, namespace: str | None = None, label_selector: str = "", field_selector: str = ""
    ) -> AsyncIterator[Object]:
        """As `list_all`, one by one."""
        for item in await self.list_all(kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector):
            yield item

    async def indexed(self, kind: ResourceType, index: str, value: str, *, namespace: str | None = None) -> list[Object]:
        """The objects that an index of the kind has under a value; a change of any other wakes nobody."""
        return await self._list(Topic(self._live, kind, namespace, index=index, value=value))

    async def _list(self, topic: Topic) -> list[Object]:
        if not _can_hold(topic.namespace):
            return []
        self._remember(topic)
        try:
            return await self._readings.mirrors.list(topic, self._readings.follower)
        except errors.NotServed:
            return []

    async def create(self, kind: ResourceType, body: Object | bytes, *, namespace: str | None = None, dry_run: bool = False) -> Object:
        """As that of the client."""
        made = await self._live.create(kind, body, namespace=namespace, dry_run=dry_run)
        if version := Version.of(self._live, kind, made):
            self._readings.made.add(version)
        return made

    def _remember(self, topic: Topic) -> Topic:
        self._readings.topics.add(topic)
        return topic

    async def _serves(self, kind: ResourceType) -> bool:
        """Whether it is worth asking: a watch of a kind that is not there would be tried again and again."""
        if kind.group in resources.BUILT_IN_GROUPS:
            return True
        served = await self.served()
        return served.discovery.serves(kind.group, kind.version, kind.plural)
