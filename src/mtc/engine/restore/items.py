"""Restores one object: filters, actions, create, and what to do when it exists.

Creating costs one request. Managed fields travel in the object itself, so field owners survive without a second write.
An interrupted restore may be run again: what carries its label was created by it and counts as such.
"""

import asyncio

from mtc.api import names
from mtc.engine import actions, archive, restore_actions, selection
from mtc.engine.errors import EngineError
from mtc.engine.restore import existing, order, persistent_volumes
from mtc.engine.restore.context import Context, Subject
from mtc.engine.restore.volumes import VolumeRestores
from mtc.engine.results import CLUSTER
from mtc.kube import codec, errors, resources
from mtc.kube.client import Object

_PORT_TAKEN = "provided port is already allocated"
_MIRROR = "kubernetes.io/config.mirror"
#: Types that actions name as related: only their objects are met more than once and need to be remembered.
_REFERRED_TO = frozenset({"persistentvolumeclaims", "persistentvolumes", "priorityclasses.scheduling.k8s.io"})
_DONE_PODS = frozenset({"Succeeded", "Failed"})


#: By which a rollback finds what a migration has made.
_MIGRATION_MARKS = frozenset({names.MIGRATED_BY_BACKUP, names.MIGRATED_BY_MIGMIGRATION, names.MIGRATED_BY_MIGPLAN})


class Items:
    """Restores objects of one run. `broken_namespaces` are those that could not be made; nothing goes there."""

    def __init__(self, context: Context, volumes: VolumeRestores) -> None:
        self._context, self._volumes = context, volumes
        self._actions = actions.load(restore_actions)
        self._by_type: dict[str, tuple[actions.Action[Subject], ...]] = {}
        self._handled: dict[int, asyncio.Event] = {}
        self.broken_namespaces: dict[str, str] = {}
        self._copied_claims = frozenset(
            (namespace, str((copy["metadata"].get("annotations") or {}).get(names.PVC_NAME)))
            for (namespace, _pod), copies in context.copies.items()
            for copy in copies
        )

    async def restore(self, place: archive.Item, *, listed: bool) -> None:
        """Restores an object of the archive, once in a run. Trouble with it goes to the results.

        Args:
            place: where it is.
            listed: whether it was selected itself, or only another object needs it (then labels do not matter).
        """
        handled = self._handled.get(place.offset)
        if handled is not None:
            await handled.wait()
            return
        item: Object = codec.loads(self._context.reader.body(place))
        if listed and not selection.any_selects(self._context.spec, item["metadata"].get("labels") or {}):
            return
        finished = self._handled[place.offset] = asyncio.Event()
        try:
            await self._restore(place, item)
        except (errors.KubeError, EngineError) as error:
            target = self._context.target_namespace(place.namespace) if place.namespace else CLUSTER
            self._context.fail(target, f"{item.get('kind')} {place.namespace}/{place.name} was not restored: {error}")
            self._context.settle(item, "failed")
        finally:
            self._context.done += 1
            finished.set()
            if place.group_resource not in _REFERRED_TO:
                del self._handled[place.offset]

    async def _restore(self, place: archive.Item, item: Object) -> None:
        context = self._context
        target = context.target_namespace(place.namespace) if place.namespace else ""
        if target in self.broken_namespaces or is_over(item):
            return
        kind = self._kind(item)
        original = {"metadata": dict(item["metadata"]), "status": item.get("status"), "spec": item.get("spec")}
        if place.group_resource == "persistentvolumes":
            info = context.volume_info.get(place.name)
            if persistent_volumes.decide(item, info, copied_claims=self._copied_claims) == "provision":
                return
            persistent_volumes.unbind(item, mapping=context.mapping)
        existing.reset(item)
        if target:
            item["metadata"]["namespace"] = target
        subject = Subject(context, original, place.namespace, target)
        if place.group_resource == "persistentvolumeclaims":
            await self._release_claim(item)
        changed = await self._act(place, item, subject)
        if changed is None:
            context.settle(item, "skipped")
            return
        labels = changed["metadata"].get("labels") or {}
        changed["metadata"]["labels"] = labels | context.labels
        await self._write(kind, changed)

    def _kind(self, item: Object) -> resources.ResourceType:
        kind = self._context.discovered.by_kind(item["apiVersion"], item["kind"])
        if kind is None:
            msg = f"cluster {self._context.cluster.name} does not serve {item['apiVersion']} {item['kind']}. Install its definition or leave it out."
            raise EngineError(msg)
        return kind

    async def _act(self, place: archive.Item, item: Object, subject: Subject) -> Object | None:
        rules = self._by_type.get(place.group_resource)
        if rules is None:
            rules = self._by_type[place.group_resource] = actions.for_resource(self._actions, place.group_resource)
        for rule in rules:
            outcome = await rule.apply(item, subject)
            if outcome.item is None:
                return None
            item = outcome.item
            for related in outcome.related:
                await self._restore_related(related, place)
        return item

    async def _restore_related(self, related: actions.Related, of: archive.Item) -> None:
        context = self._context
        if related.group_resource in order.NEVER or not context.types.matches(related.group_resource):
            return
        if not related.namespace and context.spec.get("includeClusterResources") is False:
            return
        place = context.reader.find(related.group_resource, related.namespace, related.name)
        if place is not None and place.offset != of.offset:
            await self.restore(place, listed=False)

    async def _release_claim(self, claim: Object) -> None:
        """A claim whose volume is made anew must not name the old one."""
        volume = claim["spec"].get("volumeName")
        if not volume:
            return
        place = self._context.reader.find("persistentvolumes", "", volume)
        if place is None:
            if volume in self._context.volume_info or not await self._context.cluster.find(resources.PERSISTENT_VOLUMES, volume):
                del claim["spec"]["volumeName"]
            return
        stored: Object = codec.loads(self._context.reader.body(place))
        info = self._context.volume_info.get(volume)
        if persistent_volumes.decide(stored, info, copied_claims=self._copied_claims) == "provision":
            del claim["spec"]["volumeName"]

    async def _write(self, kind: resources.ResourceType, item: Object) -> None:
        context = self._context
        try:
            body = await context.cluster.create_raw(kind, item)
        except errors.AlreadyExists:
            await self._settle_existing(kind, item)
            return
        except errors.Invalid as error:
            if kind.group_resource == "services" and _PORT_TAKEN in error.detail and await self._live(kind, item):
                await self._settle_existing(kind, item)
                return
            raise
        context.settle(item, "created")
        if kind.group_resource == "pods":
            self._volumes.add_pod(codec.loads(body))

    async def _live(self, kind: resources.ResourceType, item: Object) -> Object | None:
        meta = item["metadata"]
        return await self._context.cluster.find(kind, meta["name"], namespace=meta.get("namespace"))

    async def _settle_existing(self, kind: resources.ResourceType, item: Object) -> None:
        context, meta = self._context, item["metadata"]
        live = await self._live(kind, item)
        where = f"{item['kind']} {meta.get('namespace', '')}/{meta['name']}".replace(" /", " ")
        if live is None:
            context.warn(
                meta.get("namespace") or CLUSTER,
                f"{where} exists on cluster {context.cluster.name} but cannot be read; it was left as it is.",
            )
            context.settle(item, "skipped")
            return
        ours = (live["metadata"].get("labels") or {}).get(names.RESTORE_NAME) == context.labels[names.RESTORE_NAME]
        if ours and kind.group_resource == "pods":
            self._volumes.add_pod(live)
        if ours:
            context.settle(item, "created")
            return
        patch = self._patch_for(kind, item, live)
        if patch:
            await context.cluster.patch(kind, meta["name"], patch, namespace=meta.get("namespace"))
            context.settle(item, "updated")
            return
        ignored = context.labels | dict.fromkeys(_MIGRATION_MARKS, "")
        if context.spec.get("existingResourcePolicy") != "update" and existing.differs(item, live, ignored_labels=ignored):
            context.warn(
                meta.get("namespace") or CLUSTER,
                f"{where} exists on cluster {context.cluster.name} and differs from the backup; it was left as it is. "
                "Compare the two, or restore with existingResourcePolicy: update.",
            )
        context.settle(item, "skipped")

    def _patch_for(self, kind: resources.ResourceType, item: Object, live: Object) -> Object:
        """What to change on an existing object; {} for nothing."""
        if kind.group_resource == "serviceaccounts":
            return existing.merged_account(item, live, kept_off=_MIGRATION_MARKS | self._context.labels.keys())
        if self._context.spec.get("existingResourcePolicy") != "update":
            return {}
        ignored = self._context.labels
        if existing.differs(item, live, ignored_labels=ignored):
            return existing.update_patch(item, live)
        return {"metadata": {"labels": dict(ignored)}}


def is_over(item: Object) -> bool:
    """Whether an object is nothing to restore: a finished pod or job, or a static pod of a node."""
    status = item.get("status") or {}
    match item.get("kind"):
        case "Pod":
            return status.get("phase") in _DONE_PODS or _MIRROR in (item["metadata"].get("annotations") or {})
        case "Job":
            return bool(status.get("completionTime"))
    return False
