"""How many objects of each kind a namespace has. A count costs one small request where the server tells how many there are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from mtc.kube import errors
from mtc.kube.client import Client
from mtc.kube.discovery import Discovery
from mtc.kube.resources import ResourceType
from mtc.migration import parallel, served_kinds


class Bucket(Enum):
    """What happens to objects of a kind."""

    MIGRATED = "migrated"
    EXCLUDED = "excluded"
    INCOMPATIBLE = "incompatible"


@dataclass(frozen=True)
class Count:
    """How many objects of a kind a namespace has; None where they may not be listed."""

    kind: ResourceType
    count: int | None


def kinds_of(served: Discovery) -> list[ResourceType]:
    """The kinds that are counted: namespaced ones that can be listed, each once."""
    return served_kinds.without_copies(kind for kind in served.preferred if kind.namespaced and "list" in kind.verbs)


async def of_namespace(source: Client, namespace: str, kinds: Iterable[ResourceType]) -> list[Count]:
    """The counts of a namespace, kinds without objects left out.

    Raises:
        KubeError: the source failed.
    """
    wanted = list(kinds)
    found = await parallel.gather(_count(source, namespace, kind) for kind in wanted)
    return [Count(kind, count) for kind, count in zip(wanted, found, strict=True) if count != 0]


async def _count(source: Client, namespace: str, kind: ResourceType) -> int | None:
    try:
        async for page in source.pages(kind, namespace=namespace, limit=1, metadata_only=True):
            if not page.metadata.continue_:
                return len(page.items)
            if page.metadata.remaining_item_count is not None:
                return len(page.items) + page.metadata.remaining_item_count
            break
        return sum([len(page.items) async for page in source.pages(kind, namespace=namespace, metadata_only=True)])
    except errors.Forbidden:
        return None
    except (errors.NotServed, errors.BadRequest):
        return 0  # types that cannot be listed after all, for instance of metrics that nobody collects


def bucket(kind: ResourceType, *, excluded: Collection[str], incompatible: Collection[tuple[str, str, str]]) -> Bucket:
    """What happens to objects of a kind.

    Args:
        kind: the kind.
        excluded: resources that are not migrated, as `plural` or `plural.group`.
        incompatible: group, version and plural of what the target does not serve.
    """
    if kind.plural in excluded or kind.group_resource in excluded:
        return Bucket.EXCLUDED
    return Bucket.INCOMPATIBLE if (kind.group, kind.version, kind.plural) in incompatible else Bucket.MIGRATED
