"""How many requests the collections of several namespaces take."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from mtc.kube import codec, errors, resources
from mtc.kube.resources import ResourceType
from mtc.look.sites import Site
from mtc.look.together import Together

pytestmark = pytest.mark.anyio

_SPACES = ("a", "b", "c")


class _Served:
    """A cluster with an object in each of four namespaces.

    Args:
        padding: that each object has, in bytes.
        goes_on: whether the whole cluster has more than a page.
        forbids: whether the whole cluster may not be listed.
    """

    def __init__(self, *, padding: int = 0, goes_on: bool = False, forbids: bool = False) -> None:
        self._padding, self._goes_on, self._forbids = padding, goes_on, forbids
        self.asked: list[tuple[str, str | None, bool]] = []

    async def pages(
        self, kind: ResourceType, *, namespace: str | None = None, limit: int = 0, metadata_only: bool = False
    ) -> AsyncIterator[codec.RawPage]:
        self.asked.append((kind.plural, namespace, metadata_only))
        await asyncio.sleep(0)
        if namespace is None and self._forbids:
            raise errors.Forbidden("no", code=403, status={}, detail="no")
        found = [
            {"metadata": {"name": f"x-{space}", "namespace": space, "note": "x" * self._padding}}
            for space in (*_SPACES, "other")
            if namespace in {None, space}
        ]
        meta = codec.ListMeta(continue_="more" if self._goes_on and namespace is None else "")
        yield codec.RawPage(metadata=meta, items=[msgspec.Raw(json.dumps(item).encode()) for item in found])
        assert limit


async def _names(together: Together, kind: ResourceType, space: str, *, metadata_only: bool = False) -> list[str]:
    found: list[Any] = []
    async for items in together.pages(kind, space, metadata_only=metadata_only):
        found += [codec.head(raw).metadata.name for raw in items]
    return found


def _site(served: _Served, **more: Any) -> Site:
    return Site("host", served, is_host=True, **more)  # type: ignore[arg-type]


async def test_what_there_is_little_of_is_read_once() -> None:
    """However many ask for it at the same time; objects of other namespaces are nobody's."""
    served = _Served()
    together = Together(_site(served), _SPACES)
    found = await asyncio.gather(*(_names(together, resources.JOBS, space) for space in _SPACES))
    assert found == [["x-a"], ["x-b"], ["x-c"]]
    assert served.asked == [("jobs", None, False)]
    assert await _names(together, resources.JOBS, "a", metadata_only=True) == ["x-a"]
    assert served.asked == [("jobs", None, False), ("jobs", None, True)]


@pytest.mark.parametrize(
    "served", [_Served(goes_on=True), _Served(forbids=True), _Served(padding=2**20)], ids=["more", "forbidden", "large"]
)
async def test_what_cannot_be_read_at_once_is_read_namespace_by_namespace(served: _Served) -> None:
    """After one attempt."""
    together = Together(_site(served), _SPACES)
    assert [await _names(together, resources.JOBS, space) for space in _SPACES] == [["x-a"], ["x-b"], ["x-c"]]
    assert served.asked == [("jobs", None, False), *(("jobs", space, False) for space in _SPACES)]


async def _nothing(*_asked: Any) -> bytes:
    return b""


@pytest.mark.parametrize("kind", [resources.PODS, resources.EVENTS, resources.SECRETS, resources.JOBS], ids=lambda kind: kind.plural)
async def test_these_are_never_read_of_a_whole_cluster(kind: ResourceType) -> None:
    """Pods and Events, of which there are many; Secrets, which nobody asked for; anything for few namespaces, or of an archive."""
    served = _Served()
    for together in (
        Together(_site(served), _SPACES if kind is not resources.JOBS else _SPACES[:2]),
        Together(_site(served, stored=_nothing), _SPACES),
    ):
        assert await _names(together, kind, "a") == ["x-a"]
    assert await _names(Together(_site(served), _SPACES), resources.JOBS, "other") == ["x-other"]
    assert {namespace for _, namespace, _ in served.asked} == {"a", "other"}
