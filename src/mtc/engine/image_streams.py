"""Which images of an ImageStream travel, and under which names: those that lie in the registry of its own cluster.

All others are in a registry that both clusters reach. In a migration registry an image is called `<namespace>/<stream>` of the source and
its digest, so that several migrations, which share its storage, never mean different images by one name.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from mtc.engine import image_registry
from mtc.kube.client import Client, Object
from mtc.movers.images.port import Login

#: Images that are copied at the same time for a stream: a registry is one process, and the next stream waits for this one.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a stream.

    Attributes:
        tag: under which it stands there.
        digest: `sha256:...`.
        reference: where it is, with the host of the registry and without a scheme.
    """

    tag: str
    digest: str
    reference: str


class OwnRegistry:
    """The image registry of a cluster, as a run gets to know it.

    Args:
        cluster: the cluster.
    """

    def __init__(self, cluster: Client) -> None:
        self._cluster = cluster
        self._address: asyncio.Task[str] | None = None

    async def address(self) -> str:
        """Host and port, "" where the cluster has none; found out once. Raises KubeError."""
        done = self._address is not None and self._address.done()
        if self._address is None or (done and (self._address.cancelled() or self._address.exception() is not None)):
            self._address = asyncio.ensure_future(image_registry.internal(self._cluster))
        return await self._address

    async def login(self) -> Login | None:
        """Ourselves: the registry of OpenShift takes the token of any account that may pull or push. None where we have no token."""
        token = await self._cluster.access.token()
        return Login("ignored", token) if token else None


def host_of(stream: Object) -> str:
    """The registry that the stream says it is in, "" where it does not say. Pure."""
    return str((stream.get("status") or {}).get("dockerImageRepository") or "").partition("/")[0]


def has_images(stream: Object) -> bool:
    """Whether there is any image in it. Pure."""
    return any(tag.get("items") for tag in (stream.get("status") or {}).get("tags") or [])


def images(stream: Object, hosts: Iterable[str]) -> list[Image]:
    """The images in one of these registries, tag by tag, within a tag the oldest first. Pure.

    Args:
        stream: an ImageStream with its status.
        hosts: what the registry of its cluster is called.
    """
    starts = tuple(f"{host}/" for host in hosts if host)
    found: list[Image] = []
    for tag in (stream.get("status") or {}).get("tags") or []:
        for item in reversed(tag.get("items") or []):
            reference = str(item.get("dockerImageReference") or "")
            _, _, digest = reference.partition("@")
            if digest and reference.startswith(starts):
                found.append(Image(str(tag["tag"]), digest, reference))
    return found


async def each(found: Iterable[Image], work: Callable[[Image], Awaitable[None]]) -> None:
    """Does something with images, several at a time; those of one tag one after the other, as they are listed."""
    by_tag: dict[str, list[Image]] = {}
    for image in found:
        by_tag.setdefault(image.tag, []).append(image)
    places = asyncio.Semaphore(_AT_ONCE)

    async def of_tag(listed: list[Image]) -> None:
        async with places:
            for image in listed:
                await work(image)

    async with asyncio.TaskGroup() as group:
        for listed in by_tag.values():
            group.create_task(of_tag(listed))
