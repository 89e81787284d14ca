"""Restores one object: filters, actions, create, and what to do when it exists.

Creating costs one request. Managed fields travel in the object itself, so field owners survive without a second write.
An interrupted restore may be run again: what carries its label was created by it and counts as such.
"""

import asyncio
import itertools

from mtc.api import names
from mtc.engine import actions, archive, restore_actions, selection, unsupported
from mtc.engine.errors import EngineError
from mtc.engine.restore import definitions, existing, losses, order, persistent_volumes, quotas
from mtc.engine.restore.context import Context, Subject
from mtc.engine.restore.namespaces import Targets
from mtc.engine.restore.volumes import VolumeRestores
from mtc.engine.results import CLUSTER
from mtc.kube import codec, errors, resources
from mtc.kube.client import Object

_PORT_TAKEN = "provided port is already allocated"
_MIRROR = "kubernetes.io/config.mirror"
#: Types that actions name as related: only their objects are met more than once and need to be remembered.
_REFERRED_TO = frozenset({"persistentvolumeclaims", "persistentvolumes", "priorityclasses.scheduling.k8s.io"})
#: Every namespace has some of them, and they are made one.
_MERGED = frozenset({"serviceaccounts"})
_DONE_PODS = frozenset({"Succeeded", "Failed"})


#: By which a rollback finds what a migration has made.
_MIGRATION_MARKS = frozenset({names.MIGRATED_BY_BACKUP, names.MIGRATED_BY_MIGMIGRATION, names.MIGRATED_BY_MIGPLAN})


class Items:
    """Restores objects of one run.

    Attributes:
        fresh: definitions of this run that came into force a moment ago.
    """

    def __init__(self, context: Context, volumes: VolumeRestores, targets: Targets) -> None:
        self._context, self._volumes, self._targets = context, volumes, targets
        self.fresh, self._quotas = definitions.Fresh(), quotas.Quotas(context.cluster)
        self._actions = actions.load(restore_actions)
        self._by_type: dict[str, tuple[actions.Action[Subject], ...]] = {}
        self._handled: dict[int, asyncio.Event] = {}
        self._copied_claims = frozenset(losses.by_claim(itertools.chain(*context.copies.values())))
        self._copies = [*itertools.chain(*context.copies.values(), *context.others.values())]
        self._copies_by_claim = losses.by_claim(self._copies)
        self._shared = shared(context)
        self._sources: dict[tuple[str, str, str], str] = {}

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
            target = self._context.target_namespace(place.namespace) if place.namespace else ""
            self._context.fail(target or CLUSTER, f"{ref(str(item.get('kind')), target, place.name)} was not restored: {error}")
            self._context.settle(item, "failed")
        finally:
            self._context.done += 1
            finished.set()
            if place.group_resource not in _REFERRED_TO:
                del self._handled[place.offset]

    async def _restore(self, place: archive.Item, item: Object) -> None:
        context = self._context
        target = context.target_namespace(place.namespace) if place.namespace else ""
        if is_over(item):
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
        released = await self._release_claim(item) if place.group_resource == "persistentvolumeclaims" else ""
        changed = await self._act(place, item, subject)
        if changed is None:
            context.settle(item, "skipped")
            return
        if target and not await self._targets.is_usable(place.namespace):
            return
        if target in self._shared and not self._is_alone(kind, changed, subject):
            return
        labels = changed["metadata"].get("labels") or {}
        changed["metadata"]["labels"] = labels | context.labels
        if await self._write(kind, changed, source=place.namespace):
            self._tell_losses(place, changed, released)
        await self._act_after(place, changed, subject)

    def _is_alone(self, kind: resources.ResourceType, item: Object, subject: Subject) -> bool:
        """Whether an object is the first of its name in a namespace to which several go; others cannot be restored, and that is told."""
        if kind.group_resource in _MERGED:
            return True
        place = kind.group_resource, subject.target_namespace, str(item["metadata"]["name"])
        first = self._sources.setdefault(place, subject.source_namespace)
        if first == subject.source_namespace:
            return True
        where = ref(item["kind"], subject.target_namespace, item["metadata"]["name"])
        self._context.fail(
            subject.target_namespace,
            f"{item['kind']} {subject.source_namespace}/{item['metadata']['name']} was not restored: {where} is that of namespace {first}, which "
            "goes to the same namespace. Restore one of the two elsewhere.",
        )
        self._context.settle(item, "failed")
        return False

    def _tell_losses(self, place: archive.Item, item: Object, released: str) -> None:
        """Tells of volumes that the restored object should have data in, and has not.

        Args:
            place: where it was.
            item: a claim or a pod.
            released: name of the volume that the claim was bound to, "" when it binds that again.
        """
        context = self._context
        if place.group_resource == "pods":
            if told := unsupported.hooks_of_restore(item):
                context.warn(item["metadata"]["namespace"], told)
            found = losses.of_pod(item, context.others.get((place.namespace, place.name), ()))
        elif released:
            info = context.volume_info.get(released)
            copies = self._copies_by_claim.get((place.namespace, place.name)) or losses.named(info, self._copies)
            where = f"PersistentVolumeClaim {item['metadata']['namespace']}/{item['metadata']['name']}"
            found = [losses.of_claim(where, info, copies)]
        else:
            return
        for text in filter(None, found):
            context.fail(item["metadata"]["namespace"], text)

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

    async def _act_after(self, place: archive.Item, item: Object, subject: Subject) -> None:
        for rule in self._by_type[place.group_resource]:
            if rule.after is not None:
                await rule.after(item, subject)

    async def _restore_related(self, related: actions.Related, of: archive.Item) -> None:
        context = self._context
        if related.group_resource in order.NEVER or not context.types.matches(related.group_resource):
            return
        if not related.namespace and context.spec.get("includeClusterResources") is False:
            return
        place = context.reader.find(related.group_resource, related.namespace, related.name)
        if place is not None and place.offset != of.offset:
            await self.restore(place, listed=False)

    async def _release_claim(self, claim: Object) -> str:
        """A claim whose volume is made anew must not name the old one; the name that it had, "" when it keeps it."""
        volume = str(claim["spec"].get("volumeName") or "")
        if not volume:
            return ""
        place = self._context.reader.find("persistentvolumes", "", volume)
        if place is None:
            if volume not in self._context.volume_info and await self._context.cluster.find(resources.PERSISTENT_VOLUMES, volume):
                return ""
            del claim["spec"]["volumeName"]
            return volume
        stored: Object = codec.loads(self._context.reader.body(place))
        info = self._context.volume_info.get(volume)
        if persistent_volumes.decide(stored, info, copied_claims=self._copied_claims) != "provision":
            return ""
        del claim["spec"]["volumeName"]
        return volume

    async def _write(self, kind: resources.ResourceType, item: Object, *, source: str) -> bool:
        """Makes the object, or settles what becomes of the one that is there; whether it is of this restore."""
        context = self._context
        # A quota counts what is made before anybody sees that it is there already, and what was counted so is missing for what is not.
        if await self._quotas.limit(item["metadata"].get("namespace")) and (live := await self._seen(kind, item)):
            return await self._settle(kind, item, live, source=source)
        try:
            body = await self._create(kind, item)
        except errors.AlreadyExists:
            return await self._settle_existing(kind, item, source=source)
        except errors.Invalid as error:
            if kind.group_resource == "services" and _PORT_TAKEN in error.detail and await self._live(kind, item):
                return await self._settle_existing(kind, item, source=source)
            raise
        context.settle(item, "created")
        if kind.group_resource == "pods":
            self._volumes.add_pod(codec.loads(body), source=source)
        return True

    async def _create(self, kind: resources.ResourceType, item: Object) -> bytes:
        """Makes the object; the answer, b"" for an object of a definition that has only just come into force."""
        cluster = self._context.cluster
        if self.fresh.holds_back(kind):
            try:
                if await definitions.applied(cluster, kind, item):
                    return b""
            except errors.ApiError as error:
                self._context.log.info("waiting until the definition is known everywhere", resource=kind.group_resource, why=str(error))
            await self.fresh.settled()
        return await cluster.create_raw(kind, item)

    async def _seen(self, kind: resources.ResourceType, item: Object) -> Object | None:
        """The object where it is seen to exist; who may make one need not be allowed to read it."""
        try:
            return await self._live(kind, item)
        except errors.ApiError:
            return None

    async def _live(self, kind: resources.ResourceType, item: Object) -> Object | None:
        meta = item["metadata"]
        return await self._context.cluster.find(kind, meta["name"], namespace=meta.get("namespace"))

    async def _settle_existing(self, kind: resources.ResourceType, item: Object, *, source: str) -> bool:
        context, meta = self._context, item["metadata"]
        live = await self._live(kind, item)
        if live is None:
            where = ref(item["kind"], meta.get("namespace") or "", meta["name"])
            context.warn(
                meta.get("namespace") or CLUSTER,
                f"{where} exists on cluster {context.cluster.name} but cannot be read; it was left as it is.",
            )
            context.settle(item, "skipped")
            return False
        return await self._settle(kind, item, live, source=source)

    async def _settle(self, kind: resources.ResourceType, item: Object, live: Object, *, source: str) -> bool:
        """Settles what becomes of an object beside the one that is there; whether that is of this restore."""
        context, meta = self._context, item["metadata"]
        where = ref(item["kind"], meta.get("namespace") or "", meta["name"])
        if existing.is_made_by(context.restore, live):
            if kind.group_resource == "pods":
                self._volumes.add_pod(live, source=source)
            context.settle(item, "created")
            return True
        patch = self._patch_for(kind, item, live)
        if patch:
            await self._update(kind, item, patch, where)
            return False
        ignored = context.labels | dict.fromkeys(_MIGRATION_MARKS, "")
        if context.spec.get("existingResourcePolicy") != "update" and existing.differs(item, live, ignored_labels=ignored):
            context.warn(
                meta.get("namespace") or CLUSTER,
                f"{where} exists on cluster {context.cluster.name} and differs from the backup; it was left as it is. "
                "Compare the two, or restore with existingResourcePolicy: update.",
            )
        context.settle(item, "skipped")
        return False

    async def _update(self, kind: resources.ResourceType, item: Object, patch: Object, where: str) -> None:
        """Changes an existing object; where the API server does not allow that, it gets the labels of the restore alone."""
        context, meta = self._context, item["metadata"]
        try:
            await context.cluster.patch(kind, meta["name"], patch, namespace=meta.get("namespace"))
        except (errors.Invalid, errors.Forbidden, errors.Conflict) as error:
            context.warn(
                meta.get("namespace") or CLUSTER,
                f"{where} on cluster {context.cluster.name} could not be made as it is in the backup, and was left as it is: {error}",
            )
            labels = {"metadata": {"labels": context.labels}}
            await context.cluster.patch(kind, meta["name"], labels, namespace=meta.get("namespace"))
            context.settle(item, "skipped")
        else:
            context.settle(item, "updated")

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


def shared(context: Context) -> frozenset[str]:
    """The namespaces of the target to which more than one of the backup goes."""
    targets = list(context.mapping.values())
    twice = {name for name in targets if targets.count(name) > 1}
    stays = {name for name in targets if name not in context.mapping and context.reader.find("namespaces", "", name)}
    return frozenset(twice | stays)


def ref(kind: str, namespace: str, name: str) -> str:
    """An object as results name it: where it is to be on this cluster, whatever its namespace is called in the Backup."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def is_over(item: Object) -> bool:
    """Whether an object is nothing to restore: a finished pod or job, or a static pod of a node."""
    status = item.get("status") or {}
    match item.get("kind"):
        case "Pod":
            return status.get("phase") in _DONE_PODS or _MIRROR in (item["metadata"].get("annotations") or {})
        case "Job":
            return bool(status.get("completionTime"))
    return False
