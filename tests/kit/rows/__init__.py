"""The rows of the stories about conditions: for each what causes it and what cures it, on a declaration that is well otherwise.

A row is played on a declaration of its own: it becomes Ready, the cause comes, the condition shows; the cure comes, the
condition goes and Ready is back. Nothing is restarted between. One module a kind, each with `ROWS`.
"""

import base64
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from kit import planes
from kit.planes import World
from mtc.api import conditions
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType


@dataclass
class Case:
    """A row that is being played.

    Attributes:
        world: the installation.
        name: of the declaration, and of everything else that belongs to this row only.
        kind: of the declaration.
        bucket: one that the storage has.
        old: a third cluster, with an older API and without the toolkit; only for rows that ask for it.
        undo: what clears away what the row made.
    """

    world: World
    name: str
    kind: ResourceType
    bucket: str
    old: Client | None = None
    undo: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def host(self) -> Client:
        """Where the controller works; the target of plans."""
        return self.world.host

    @property
    def remote(self) -> Client:
        """The source of plans."""
        return self.world.remote

    def ref(self, name: str = "") -> dict[str, str]:
        """A reference to an object of the installation, by default to what belongs to this row."""
        return self.world.reference(name or self.name)

    async def make(
        self, kind: ResourceType, name: str = "", *, cluster: Client | None = None, namespace: str | None = None, **content: Any
    ) -> None:
        """Creates an object, in the toolkit's namespace of the host unless told otherwise; it is deleted when the row is over."""
        where, name = cluster or self.host, name or self.name
        space = (self.world.namespace if namespace is None else namespace) if kind.namespaced else None
        meta = {"name": name, **content.pop("metadata", {})} | ({"namespace": space} if space else {})
        await where.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **content})
        self.undo.push_async_callback(self.delete, kind, name, cluster=where, namespace=space)

    async def delete(self, kind: ResourceType, name: str = "", *, cluster: Client | None = None, namespace: str | None = None) -> None:
        """Deletes an object at once, where it still is."""
        space = (self.world.namespace if namespace is None else namespace) if kind.namespaced else None
        await (cluster or self.host).delete(kind, name or self.name, namespace=space, grace_s=0)

    async def patch(
        self, kind: ResourceType, body: Object, name: str = "", *, cluster: Client | None = None, namespace: str | None = None, **more: Any
    ) -> None:
        """Changes an object."""
        space = (self.world.namespace if namespace is None else namespace) if kind.namespaced else None
        await (cluster or self.host).patch(kind, name or self.name, body, namespace=space, **more)

    async def spec(self, **fields: Any) -> None:
        """Changes fields of the declaration; None removes one."""
        await self.patch(self.kind, {"spec": fields})

    async def replace_spec(self, spec: dict[str, Any]) -> None:
        """Gives the declaration another spec, whole; it may be looked at, and written, meanwhile."""
        while True:
            read = await self.read()
            try:
                await self.host.replace(self.kind, {**read, "spec": spec})
            except errors.Conflict:
                continue
            return

    async def namespace(self, cluster: Client, name: str = "") -> None:
        """Creates a namespace, unless it is there."""
        try:
            await planes.make_namespace(cluster, name or self.name)
        except errors.AlreadyExists:
            return

    async def read(self) -> Object:
        """The declaration as it is now."""
        return await self.host.get(self.kind, self.name, namespace=self.world.namespace)

    async def until(self, wanted: Callable[[Object], bool]) -> Object:
        """The declaration as soon as it is as wanted."""
        return await self.world.until(self.kind, self.name, wanted)


Act = Callable[[Case], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One condition.

    Attributes:
        kind, type, reason, category: what shows.
        declare: makes the declaration, and what it needs, all well.
        cause: makes the condition come.
        cure: makes it go; None for what is for good.
        well: whether the declaration is Ready before the cause and after the cure.
        ready: whether it is Ready while the condition shows; by default unless the category forbids it.
        fresh: whether the cause makes the declaration itself, so that there is nothing to see before.
        old: whether the third cluster is needed.
        images: whether image registries are needed, and clusters that have ImageStreams.
    """

    kind: str
    type: str
    category: str
    declare: Act
    cause: Act
    cure: Act | None
    reason: str = ""
    well: bool = True
    ready: bool | None = None
    fresh: bool = False
    old: bool = False
    images: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        """As an entry of the catalogue."""
        return (self.kind, self.type, self.reason, self.category)

    @property
    def stays_ready(self) -> bool:
        """Whether the declaration is Ready while the condition shows."""
        return self.category not in conditions.BLOCKERS if self.ready is None else self.ready

    def is_shown_in(self, item: Object) -> bool:
        """Whether an object shows exactly this condition."""
        found = planes.found(item).get(self.type)
        return found is not None and (found.get("reason", ""), found["category"]) == (self.reason, self.category)

    def is_cured_in(self, item: Object) -> bool:
        """Whether an object shows it no longer, and all is well."""
        return "status" in item and not self.is_shown_in(item) and planes.is_ready(item) == self.well


KINDS = {
    "MigCluster": resources.MIG_CLUSTERS,
    "MigStorage": resources.MIG_STORAGES,
    "MigPlan": resources.MIG_PLANS,
    "MigHook": resources.MIG_HOOKS,
    "MigMigration": resources.MIG_MIGRATIONS,
    "DirectVolumeMigration": resources.DIRECT_VOLUME_MIGRATIONS,
    "DirectImageMigration": resources.DIRECT_IMAGE_MIGRATIONS,
    "DirectImageStreamMigration": resources.DIRECT_IMAGE_STREAM_MIGRATIONS,
}


async def play(row: Row, case: Case) -> None:
    """The condition comes with its cause and goes with it."""
    async with case.undo:
        await row.declare(case)
        if row.well and not row.fresh:
            await case.until(lambda item: planes.is_ready(item) and not row.is_shown_in(item))
        await row.cause(case)
        item = await case.until(row.is_shown_in)
        message = planes.found(item)[row.type]["message"]
        assert message
        assert "[]" not in message
        assert planes.is_ready(item) == row.stays_ready, item["status"]
        if row.cure is not None:
            await row.cure(case)
            await case.until(row.is_cured_in)


def encoded(text: str) -> str:
    """Text as in the data of a Secret."""
    return base64.b64encode(text.encode()).decode()
