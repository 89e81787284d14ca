"""Reads a kind of several namespaces in one request, where a cluster has so few objects of it that they come in one page.

A plan of ten namespaces would otherwise cost ten requests for each of thirty kinds, most of which are answered with nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

import msgspec

from mtc.kube import codec, errors, resources
from mtc.kube.client import PAGE_SIZE
from mtc.kube.resources import ResourceType
from mtc.look.sites import Site

#: For fewer namespaces it is not worth an attempt that may be in vain.
_FEWEST = 3
_PAGE = 250
#: What is read for all waits in memory for the last of them.
_MOST_BYTES = 2**21
#: Of the first two a cluster has many. Secrets of namespaces that are not asked for are nobody's business.
_ALONE = frozenset({resources.PODS.kind, resources.EVENTS.kind, resources.SECRETS.kind})
_Items = Sequence[msgspec.Raw]


class Together:
    """The collections of some namespaces of one cluster, as they are when the first of them is asked for.

    Args:
        site: the cluster; an archive is read namespace by namespace, because it knows of each what could be read.
        spaces: the namespaces.
    """

    def __init__(self, site: Site, spaces: Iterable[str]) -> None:
        self._site, self._spaces = site, frozenset(spaces)
        self._turns: dict[tuple[ResourceType, bool], asyncio.Lock] = {}
        self._found: dict[tuple[ResourceType, bool], Mapping[str, _Items] | None] = {}

    async def pages(self, kind: ResourceType, space: str, *, limit: int = PAGE_SIZE, metadata_only: bool = False) -> AsyncIterator[_Items]:
        """The raw objects of a kind in a namespace, any or "" for all, a page at a time. Raises as `Client.pages` does."""
        if space in self._spaces and (found := await self._shared(kind, metadata_only=metadata_only)) is not None:
            yield found[space]
            return
        async for page in self._site.client.pages(kind, namespace=space or None, limit=limit, metadata_only=metadata_only):
            yield page.items

    async def _shared(self, kind: ResourceType, *, metadata_only: bool) -> Mapping[str, _Items] | None:
        if kind.kind in _ALONE or self._site.stored is not None or len(self._spaces) < _FEWEST:
            return None
        async with self._turns.setdefault((kind, metadata_only), asyncio.Lock()):
            if (kind, metadata_only) not in self._found:
                self._found[kind, metadata_only] = await self._all(kind, metadata_only=metadata_only)
        return self._found[kind, metadata_only]

    async def _all(self, kind: ResourceType, *, metadata_only: bool) -> Mapping[str, _Items] | None:
        """The objects by namespace; None where there are too many, or where each namespace has to be asked for them."""
        try:
            page = await anext(self._site.client.pages(kind, limit=_PAGE, metadata_only=metadata_only))
        except errors.KubeError:
            return None  # In each namespace it may be allowed; else the error of that tells more.
        if page.metadata.continue_ or sum(len(raw) for raw in page.items) > _MOST_BYTES:
            return None
        found: dict[str, list[msgspec.Raw]] = {space: [] for space in self._spaces}
        for raw in page.items:
            if (space := codec.head(raw).metadata.namespace) in found:
                found[space].append(raw)
        return found
