"""Takes objects: each collection is read page by page, each object cleaned and written, none kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mtc.diagnose import wants
from mtc.diagnose.snapshot import last_time
from mtc.gather import layout, wanted
from mtc.gather.folder import Folder
from mtc.gather.redact import Redactor
from mtc.kube import client as kube_client
from mtc.kube import codec, discovery, errors, resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.look.sites import Site
from mtc.look.together import Together

_AT_ONCE = 12
_PAGE = 250
#: A collection that takes longer than this is told as one that could not be read.
_DEADLINE_S = 120.0
#: What a person wrote, in objects of a namespace whose Secrets are not known.
_FREE = frozenset({"args", "command", "annotations", "data", "binaryData", "stringData", "env"})


@dataclass
class Taken:
    """What came of it on one cluster.

    Attributes:
        counts: number of objects by collection, see `layout.entry`.
        unread: why a collection could not be read.
        logged: pods whose logs are to be taken.
    """

    counts: dict[str, int] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    logged: list[Object] = field(default_factory=list)


@dataclass(frozen=True)
class Taking:
    """How objects are taken.

    Attributes:
        folder, redactor: where they go, and what cleans them.
        namespace: of the toolkit.
        since: Events before it are left out; None for all.
        is_essential: whether only what explanations need is taken.
        unknown: (cluster, namespace) whose Secrets are not known.
        only: the cluster that alone is taken whole; "" for all. Of another one its applications and logs are not.
    """

    folder: Folder
    redactor: Redactor
    namespace: str
    since: datetime | None = None
    is_essential: bool = False
    unknown: frozenset[tuple[str, str]] = frozenset()
    only: str = ""

    def is_whole(self, site: Site) -> bool:
        """Whether a cluster is taken whole."""
        return self.only in {"", site.name}

    async def of_site(self, site: Site, spaces: wanted.Spaces) -> Taken:
        """Everything of one cluster. Raises KubeError when it does not answer."""
        taken, places = Taken(), asyncio.Semaphore(_AT_ONCE)
        version, served, documents = await asyncio.gather(
            site.client.transport.request("GET", "/version"), discovery.discover(site.client), _discovery(site)
        )
        self.folder.write(f"{layout.cluster(site.name)}/{layout.VERSION}", version)
        self.folder.write(f"{layout.cluster(site.name)}/{layout.DISCOVERY}", documents)
        collections = [(kind, self.namespace) for kind in wanted.toolkit(is_host=site.is_host)]
        collections += [(kind, "") for kind in wanted.surrounding()]
        if self.is_whole(site):
            for space in sorted(spaces.applications - {self.namespace}):
                collections += [(kind, space) for kind in wanted.application(is_essential=self.is_essential)]

        together = Together(site, spaces.applications - {self.namespace})

        async def one(kind: ResourceType, space: str) -> None:
            if not served.serves(kind.group, kind.version, kind.plural):
                taken.counts[layout.entry(kind, space)] = 0
                return
            try:
                async with places, asyncio.timeout(_DEADLINE_S):
                    taken.counts[layout.entry(kind, space)] = await self._collection(site, together, kind, space, taken)
            except errors.KubeError as error:
                taken.unread[layout.entry(kind, space)] = self.redactor.text(str(error))
            except TimeoutError:
                taken.unread[layout.entry(kind, space)] = f"not read within {_DEADLINE_S:.0f} seconds"

        async with asyncio.TaskGroup() as group:
            for kind, space in collections:
                group.create_task(one(kind, space))
        return taken

    async def _collection(self, site: Site, together: Together, kind: ResourceType, space: str, taken: Taken) -> int:
        """How many objects were written."""
        clean = self._cleaning(site, kind, space)
        count = 0
        found = _items(together, kind, space)
        first = await anext(found, None)
        if first is None:
            return 0
        with self.folder.file(layout.objects(site.name, kind, space)) as file:
            file.write(layout.HEAD)
            item: Object | None = first
            while item is not None:
                if not (kind is resources.EVENTS and self._is_old(item)):
                    file.write((layout.BETWEEN if count else b"") + codec.dumps(clean(item)))
                    count += 1
                if kind is resources.PODS and self.is_whole(site) and wanted.is_logged(item, self.namespace):
                    taken.logged.append(_short(item))
                item = await anext(found, None)
            file.write(layout.END)
        return count

    def _cleaning(self, site: Site, kind: ResourceType, space: str) -> Callable[[Object], Object]:
        if (site.name, space) not in self.unknown or kind is resources.SECRETS:
            return self.redactor.object
        return lambda item: self.redactor.object(without_free_text(item))

    def _is_old(self, event: Object) -> bool:
        time = last_time(event)
        return self.since is not None and bool(time) and datetime.fromisoformat(time) < self.since


async def _items(together: Together, kind: ResourceType, space: str) -> AsyncIterator[Object]:
    only_meta = kind.kind in wants.ONLY_METADATA
    async for items in together.pages(kind, space, limit=_PAGE, metadata_only=only_meta):
        for raw in items:
            item = kube_client.typed(kind, raw)
            yield {**item, "apiVersion": kind.api_version, "kind": kind.kind} if only_meta else item
        # Cleaning is work of the processor: others get their turn between pages.
        await asyncio.sleep(0)


def without_free_text(item: Object) -> Object:
    """A copy without what may hold a secret that nobody knows: values of variables, arguments, annotations, contents of ConfigMaps."""
    found: Object = _without(item)
    return found


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "<removed:unknown>" if key in _FREE and inner else _without(inner) for key, inner in value.items()}
    return [_without(inner) for inner in value] if isinstance(value, list) else value


def _short(pod: Object) -> Object:
    """What the reading of its logs needs."""
    return {"metadata": {key: pod["metadata"].get(key) for key in ("name", "namespace")}, "status": pod.get("status") or {}}


async def _discovery(site: Site) -> bytes:
    """What the server says that it serves, in one document."""
    documents = await asyncio.gather(*(discovery.document(site.client, path) for path in ("/api", "/apis")))
    return b'{"api":%s,"apis":%s}' % tuple(documents)
