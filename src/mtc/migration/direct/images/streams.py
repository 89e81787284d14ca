"""What of an ImageStream lies in the registry of its cluster, by tag. Pure.

Tags that only point to images elsewhere come along with the application: nothing of them is in the registry to be copied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mtc.kube.client import Object


@dataclass(frozen=True)
class Tag:
    """The images of a tag.

    Attributes:
        name: of the tag.
        digests: of the images that it has had, the oldest first; the last one is what it means now.
    """

    name: str
    digests: tuple[str, ...]


def internal_host(stream: Object) -> str:
    """Host and port of the registry of its cluster as the cluster itself sees it, "" where the stream does not say it."""
    return str((stream.get("status") or {}).get("dockerImageRepository") or "").partition("/")[0]


def tags(stream: Object, host: str) -> tuple[Tag, ...]:
    """The tags with images in the registry of the cluster, by name.

    Args:
        stream: the ImageStream.
        host: host and port of that registry, as the cluster itself sees it.
    """
    found = []
    for tag in _entries(stream):
        # They stand with the newest first; an image may have been current more than once, and the last time counts.
        digests = [str(item.get("image") or "") for item in reversed(tag.get("items") or []) if _is_stored(item, host)]
        latest = [digest for number, digest in enumerate(digests) if digest and digest not in digests[number + 1 :]]
        if latest:
            found.append(Tag(str(tag["tag"]), tuple(latest)))
    return tuple(sorted(found, key=lambda tag: tag.name))


def has_images(stream: Object) -> bool:
    """Whether any image was ever pushed or imported."""
    return any(tag.get("items") for tag in _entries(stream))


def _entries(stream: Object) -> Iterable[dict[str, Any]]:
    return (tag for tag in (stream.get("status") or {}).get("tags") or [] if tag.get("tag"))


def _is_stored(item: dict[str, Any], host: str) -> bool:
    return bool(host) and str(item.get("dockerImageReference") or "").startswith(f"{host}/")
