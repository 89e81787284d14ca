"""The images of ImageStreams that lie in the cluster's own registry, and would be copied."""

from collections.abc import Iterator
from dataclasses import dataclass

from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import parallel

_IMAGES = ResourceType("image.openshift.io", "v1", "images", "Image", namespaced=False)


@dataclass(frozen=True)
class Image:
    """An image.

    Attributes:
        name: of the image, a digest.
        reference: where it is pulled from.
        size_bytes: what the cluster says of its size, 0 where it says nothing.
    """

    name: str
    reference: str
    size_bytes: int


async def of_namespace(source: Client, namespace: str) -> list[Image]:
    """The images of a namespace, one for each item of a tag. Raises KubeError."""
    streams = await source.list_all(resources.IMAGE_STREAMS, namespace=namespace)
    found = [pair for stream in streams for pair in internal(stream)]
    names = list(dict.fromkeys(name for name, _ in found))
    sizes = dict(zip(names, await parallel.gather(_size(source, name) for name in names), strict=True))
    return [Image(name, reference, sizes[name]) for name, reference in found]


def internal(stream: Object) -> Iterator[tuple[str, str]]:
    """Name and reference of the items of an ImageStream that lie in the registry which the stream itself is in."""
    status = stream.get("status") or {}
    host = str(status.get("dockerImageRepository") or "").partition("/")[0]
    for tag in status.get("tags") or []:
        for item in tag.get("items") or []:
            reference = str(item.get("dockerImageReference") or "")
            if host and reference.startswith(f"{host}/"):
                yield str(item.get("image") or ""), reference


async def _size(source: Client, name: str) -> int:
    try:
        image = await source.find(_IMAGES, name)
    except errors.Forbidden:
        return 0
    return int(((image or {}).get("dockerImageMetadata") or {}).get("Size") or 0)
