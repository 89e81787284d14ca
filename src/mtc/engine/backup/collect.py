"""Lists what a backup selects and writes it to the archive, a page at a time.

Several types are listed at once; one consumer writes. Objects of types that no action concerns go from the answer into the
archive as bytes. What stored objects refer to (a pod's claims, a claim's volume) is fetched at the end if it was not listed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import msgspec

from mtc.api import names
from mtc.engine import actions, archive, backup_actions, selection, unsupported
from mtc.engine.actions import Related
from mtc.engine.backup.context import Context
from mtc.engine.backup.volumes import VolumeCopies
from mtc.engine.results import CLUSTER, VELERO
from mtc.kube import codec, errors, resources
from mtc.kube.client import Object, typed

#: Types listed at the same time. More does not help: one API server process answers, one consumer writes.
_AT_ONCE = 4
#: A list that gets too old is begun anew, so often in all.
_LISTS = 4
_NEEDED_VERBS = frozenset({"list", "create", "get", "delete"})
#: The same objects under two groups: the first one that a cluster serves is stored.
_COHABITING = (("events", "events.events.k8s.io"), ("networkpolicies.networking.k8s.io", "networkpolicies.extensions"),
               ("deployments.apps", "deployments.extensions"), ("daemonsets.apps", "daemonsets.extensions"),
               ("replicasets.apps", "replicasets.extensions"))  # fmt: skip
_FIRST = ("pods", "persistentvolumeclaims", "persistentvolumes")


@dataclass(frozen=True, slots=True)
class _Page:
    kind: resources.ResourceType
    items: list[msgspec.Raw]


class Collector:
    """Fills an archive. `volumes` is told of every stored pod."""

    def __init__(self, context: Context, writer: archive.Writer, volumes: VolumeCopies) -> None:
        self._context, self._writer, self._volumes = context, writer, volumes
        self._actions = actions.load(backup_actions)
        self._related: list[Related] = []
        self._namespaces_with_items: set[str] = set()
        self._namespaces: dict[str, Object] = {}

    async def run(self) -> None:
        """Collects everything."""
        await self._read_namespaces()
        pages: asyncio.Queue[_Page | None] = asyncio.Queue(maxsize=_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._list_types(pages))
            while (page := await pages.get()) is not None:
                await self._consider(page.kind, page.items)
                # Writing is work of this process: let requests and the node agents' news through between pages.
                await asyncio.sleep(0)
        await self._write_namespaces()
        await self._write_related()
        await self._write_definitions()

    async def _read_namespaces(self) -> None:
        context = self._context
        async for item in context.cluster.iterate(resources.NAMESPACES):
            self._namespaces[item["metadata"]["name"]] = item
        for name in context.namespaces.includes:
            if set(name) & set("*?["):
                continue
            if name not in self._namespaces:
                context.fail(
                    VELERO,
                    f"Namespace {name} of spec.includedNamespaces does not exist on cluster {context.cluster.name}. Correct its name.",
                )
            elif _is_excluded(self._namespaces[name]):
                context.fail(
                    name,
                    f"Nothing of namespace {name} is in the backup, though spec.includedNamespaces names it: it has the label "
                    f"{names.EXCLUDE_FROM_BACKUP}=true. Remove the label, or take it off the list.",
                )

    def _types(self) -> list[resources.ResourceType]:
        hidden = {
            second
            for first, second in _COHABITING
            if self._context.discovered.by_group_resource(first) and self._context.discovered.by_group_resource(second)
        }
        types = [
            kind
            for kind in self._context.discovered.preferred
            if kind.verbs >= _NEEDED_VERBS
            and kind.group_resource not in hidden
            and kind.group_resource != "namespaces"
            and self._lists(kind)
        ]
        first = {name: position for position, name in enumerate(_FIRST)}
        return sorted(types, key=lambda kind: (first.get(kind.group_resource, len(first)), kind.group != "", kind.group == "extensions"))

    def _lists(self, kind: resources.ResourceType) -> bool:
        if kind.namespaced:
            return self._context.types.admits_namespaced(kind.group_resource)
        return self._context.types.lists_cluster(kind.group_resource)

    async def _list_types(self, pages: asyncio.Queue[_Page | None]) -> None:
        places = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for kind in self._types():
                await places.acquire()
                task = group.create_task(self._list_type(kind, pages))
                task.add_done_callback(lambda _: places.release())
        await pages.put(None)

    async def _list_type(self, kind: resources.ResourceType, pages: asyncio.Queue[_Page | None], *, tries: int = _LISTS) -> None:
        listed = 0
        try:
            async for page in self._pages(kind):
                listed += len(page.items)
                await pages.put(page)
            if listed:
                self._context.log.info("listed", resource=kind.group_resource, objects=listed)
        except errors.Gone as error:
            # The list grew too old between two of its pages; what is stored already is not stored again.
            if tries == 1:
                self._context.fail(VELERO, f"{kind.group_resource} could not be listed to the end: {error}")
            else:
                await self._list_type(kind, pages, tries=tries - 1)
        except (errors.NotFound, errors.NotServed):
            return
        except errors.KubeError as error:
            self._context.fail(VELERO, f"{kind.group_resource} could not be listed, so none of them may be in the backup: {error}")

    async def _pages(self, kind: resources.ResourceType) -> AsyncIterator[_Page]:
        context = self._context
        scopes: list[str | None] = [None]
        if kind.namespaced and not context.namespaces.is_all_included:
            scopes = [name for name in self._namespaces if context.namespaces.matches(name)]
        for scope in scopes:
            for query in selection.selector_queries(context.spec):
                async for page in context.cluster.pages(kind, namespace=scope, label_selector=query):
                    yield _Page(kind, page.items)

    async def _consider(self, kind: resources.ResourceType, page: Iterable[msgspec.Raw]) -> None:
        """Stores what is selected of a page. What is the same for the whole page is found out once: this runs for every object there is."""
        rules = actions.for_resource(self._actions, kind.group_resource)
        add_type = codec.Typer(api_version=kind.api_version, kind=kind.kind)
        selected: dict[str, bool] = {}
        for raw in page:
            head = codec.head(raw)
            meta = head.metadata
            if meta.deletion_timestamp or (meta.labels or {}).get(names.EXCLUDE_FROM_BACKUP) == "true":
                continue
            namespace = meta.namespace
            if namespace not in selected:
                selected[namespace] = not kind.namespaced or self._context.namespaces.matches(namespace)
            if not selected[namespace]:
                continue
            if not rules:
                self._write(kind, namespace, meta.name, add_type(raw, head))
            elif not self._is_stored(kind, namespace, meta.name):
                await self._store(kind, typed(kind, raw), rules)

    async def _store(self, kind: resources.ResourceType, item: Object, rules: tuple[actions.Action[Context], ...]) -> None:
        """Lets the actions change an object, has its volumes copied, writes it."""
        meta = item["metadata"]
        namespace, name = meta.get("namespace", ""), meta["name"]
        related: list[Related] = []
        for rule in rules:
            try:
                outcome = await rule.apply(item, self._context)
            except errors.KubeError as error:
                self._context.fail(
                    namespace or CLUSTER, f"{kind.kind} {namespace}/{name} is not in the backup: {rule.name} failed: {error}"
                )
                return
            if outcome.item is None:
                return
            item = outcome.item
            related.extend(outcome.related)
        if kind.group_resource == "pods":
            self._volumes.add_pod(item)
            if told := unsupported.hooks_of_backup(item):
                self._context.warn(namespace, told)
        elif kind.group_resource == "persistentvolumes":
            self._volumes.add_volume(item)
        self._related.extend(related)
        self._write(kind, namespace, name, codec.dumps(item))

    def _write(self, kind: resources.ResourceType, namespace: str, name: str, body: bytes) -> None:
        """Writes an object, unless it is stored already: several queries may find the same one."""
        if self._context.stored.add(f"{kind.api_version}/{kind.kind}", f"{namespace}/{name}" if namespace else name):
            self._writer.add(kind.group_resource, kind.version, namespace, name, body)
            self._namespaces_with_items.add(namespace)

    def _is_stored(self, kind: resources.ResourceType, namespace: str, name: str) -> bool:
        return self._context.stored.has(f"{kind.api_version}/{kind.kind}", f"{namespace}/{name}" if namespace else name)

    async def _write_namespaces(self) -> None:
        context = self._context
        selective = bool(context.spec.get("labelSelector") or context.spec.get("orLabelSelectors"))
        for name, item in self._namespaces.items():
            if item["metadata"].get("deletionTimestamp") or _is_excluded(item):
                continue
            labelled = (
                selective and selection.any_selects(context.spec, item["metadata"].get("labels") or {}) and context.namespaces.matches(name)
            )
            named = context.namespaces.matches(name) and not (selective and context.namespaces.is_everything)
            if labelled or named or name in self._namespaces_with_items:
                self._write(resources.NAMESPACES, "", name, codec.dumps(item))

    async def _write_related(self) -> None:
        """Fetches what stored objects refer to; that may refer to more."""
        seen: set[Related] = set()
        while self._related:
            wanted = [item for item in dict.fromkeys(self._related) if item not in seen]
            self._related = []
            seen.update(wanted)
            for item in wanted:
                await self._fetch(item)

    async def _fetch(self, wanted: Related) -> None:
        context = self._context
        kind = context.discovered.by_group_resource(wanted.group_resource)
        if kind is None or self._is_stored(kind, wanted.namespace, wanted.name):
            return
        admitted = (
            context.types.admits_namespaced(wanted.group_resource) and context.namespaces.matches(wanted.namespace)
            if kind.namespaced
            else context.types.admits_related_cluster(wanted.group_resource)
        )
        if not admitted:
            return
        where = f"{kind.kind} {wanted.namespace}/{wanted.name}" if wanted.namespace else f"{kind.kind} {wanted.name}"
        try:
            item = await context.cluster.get(kind, wanted.name, namespace=wanted.namespace or None)
        except errors.NotFound:
            context.warn(wanted.namespace or CLUSTER, f"{where} is referred to by a stored object but does not exist.")
            return
        except errors.KubeError as error:
            context.fail(wanted.namespace or CLUSTER, f"{where} is referred to by a stored object but could not be read: {error}")
            return
        if not _is_excluded(item) and not item["metadata"].get("deletionTimestamp"):
            await self._store(kind, item, actions.for_resource(self._actions, kind.group_resource))

    async def _write_definitions(self) -> None:
        """Adds the definition of every custom resource that is in the archive, unless the filters speak of definitions."""
        definition = resources.CUSTOM_RESOURCE_DEFINITIONS.group_resource
        patterns = self._context.types.cluster
        unwanted = self._context.types.include_cluster is False or definition in patterns.excludes or "*" in patterns.excludes
        if unwanted or patterns.lists(definition):
            return
        for key in self._context.stored.types:
            api_version, _, kind_name = key.rpartition("/")
            kind = self._context.discovered.by_kind(api_version, kind_name)
            if kind and "." in kind.group:  # a group of Kubernetes itself has no definition
                found = await self._context.cluster.find(resources.CUSTOM_RESOURCE_DEFINITIONS, kind.group_resource)
                if found and not self._is_stored(resources.CUSTOM_RESOURCE_DEFINITIONS, "", kind.group_resource):
                    self._write(resources.CUSTOM_RESOURCE_DEFINITIONS, "", kind.group_resource, codec.dumps(found))


def _is_excluded(item: Object) -> bool:
    return bool((item["metadata"].get("labels") or {}).get(names.EXCLUDE_FROM_BACKUP) == "true")
