"""The itinerary of a DirectImageMigration: finds the ImageStreams of namespaces, and has each of them copied.

What is copied by whom is read from the DirectImageStreamMigrations each time; the lists in the status are for people, and remember
what was found first, so that nothing that vanishes on the way is taken for done.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtc.api import common, conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.directimagemigration import DirectImageMigration, ImageStreamListItem
from mtc.api.names import NamespaceMapping
from mtc.engine import selection
from mtc.kube import codec, errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import checks, parallel
from mtc.migration.clusters import Clusters
from mtc.migration.direct.course import COMPLETED, Course, Failed, Leg, Outcome, Stepper, Through, Waits, go_on, is_over
from mtc.migration.direct.images import declared
from mtc.migration.outcome import Awaited

_KIND = resources.DIRECT_IMAGE_STREAM_MIGRATIONS
#: The API server sets it itself; the other one marks what a Backup takes.
_OWN_LABELS = frozenset({"kubernetes.io/metadata.name", names.INCLUDED_IN_STAGE_BACKUP})


@dataclass(frozen=True)
class Pass:
    """What a pass works with.

    Attributes:
        item: the DirectImageMigration.
        host, source, target: the clusters.
        spaces: the namespaces.
        listed: the ImageStreams, as soon as they are known.
    """

    item: DirectImageMigration
    host: Client
    source: Client
    target: Client
    spaces: Sequence[NamespaceMapping]
    listed: list[ImageStreamListItem] = field(default_factory=list)


def stepper(clusters: Clusters, *, wake: Callable[[Any], None]) -> Stepper[Pass]:
    """Steps such objects.

    Args:
        clusters: clients of clusters.
        wake: called with the name of an object that should be stepped now.
    """

    async def look(read: Object) -> tuple[Pass | None, list[Condition]]:
        return await _look(read, clusters)

    return Stepper(resources.DIRECT_IMAGE_MIGRATIONS, host=clusters.host, look=look, course=COURSE, wake=wake)


async def _look(read: Object, clusters: Clusters) -> tuple[Pass | None, list[Condition]]:
    item = DirectImageMigration.from_dict(read)
    where, spec = f"DirectImageMigration {item.ref}", item.spec
    pair, staged = await declared.pair(spec.src_mig_cluster_ref, spec.dest_mig_cluster_ref, clusters=clusters, where=where)
    if not spec.namespaces:
        text = f"{where} names no namespace, so there is nothing to copy. List the namespaces in spec.namespaces."
        return None, [*staged, checks.critical(conditions.NAMESPACE_LIST_EMPTY, conditions.NOT_FOUND, text)]
    spaces, missing = _parsed(spec.namespaces)
    if pair.source.client is not None:
        found = await parallel.gather(pair.source.client.find(resources.NAMESPACES, space.source) for space in spaces)
        missing += [space.source for space, live in zip(spaces, found, strict=True) if live is None]
        if missing:
            text = f"Namespaces [] of {where} do not exist on source cluster {pair.source.name}. Correct spec.namespaces."
            staged.append(checks.critical(conditions.NAMESPACE_NOT_FOUND_ON_SOURCE, conditions.NOT_FOUND, text, items=missing))
    if pair.source.client is None or pair.target.client is None:
        return None, staged
    status = item.status
    known = [*status.new_iss, *status.successful_iss, *status.failed_iss, *status.deleted_iss]
    return Pass(item, clusters.host, pair.source.client, pair.target.client, spaces, known), staged


def _parsed(entries: Iterable[str]) -> tuple[list[NamespaceMapping], list[str]]:
    """The namespaces, and the entries that are none."""
    spaces, strange = [], []
    for entry in entries:
        try:
            spaces.append(names.parse_namespace_mapping(entry))
        except names.InvalidMapping:
            strange.append(entry)
    return spaces, strange


async def _create_namespaces(found: Pass) -> Outcome:
    """Existing ones are never changed; new ones get what a Restore would give them."""
    going = []
    for space in found.spaces:
        live = await found.target.find(resources.NAMESPACES, space.target)
        if live is not None and live["metadata"].get("deletionTimestamp"):
            going.append(space.target)
        elif live is None:
            await _create_namespace(found, space)
    return Waits(for_=(Awaited(found.target, resources.NAMESPACES),)) if going else Through()


async def _create_namespace(found: Pass, space: NamespaceMapping) -> None:
    meta = (await found.source.get(resources.NAMESPACES, space.source))["metadata"]
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key not in _OWN_LABELS}
    body: Object = {"apiVersion": "v1", "kind": "Namespace"}
    body["metadata"] = {"name": space.target, "labels": labels, "annotations": meta.get("annotations") or {}}
    try:
        await found.target.create(resources.NAMESPACES, body)
    except errors.AlreadyExists:
        return


async def _list_streams(found: Pass) -> Outcome:
    wanted = found.item.spec.label_selector
    selector = selection.selector_text(wanted.model_dump(mode="json") if wanted else None)
    listed = await parallel.gather(
        found.source.list_all(resources.IMAGE_STREAMS, namespace=space.source, label_selector=selector) for space in found.spaces
    )
    known = {item.ref for item in found.listed}
    for space, streams in zip(found.spaces, listed, strict=True):
        items = [_item(stream, space) for stream in streams]
        found.listed.extend(item for item in items if item.ref not in known)
    return Through(fields={"newISs": _dumped(found.listed)})


def _item(stream: Object, space: NamespaceMapping) -> ImageStreamListItem:
    meta = stream["metadata"]
    return ImageStreamListItem(
        name=meta["name"], namespace=meta["namespace"], uid=meta["uid"], dest_namespace=space.target if space.is_mapped else None
    )


async def _create_copies(found: Pass) -> Outcome:
    made = {item["metadata"]["labels"].get(names.IMAGE_STREAM) for item in await _copies(found)}
    await parallel.gather(found.host.create(_KIND, _copy_body(found, item)) for item in found.listed if item.uid not in made)
    return Through()


async def _copies(found: Pass) -> list[Object]:
    return await found.host.list_all(_KIND, namespace=found.item.namespace, label_selector=_own(found))


def _own(found: Pass) -> str:
    return f"{found.item.KIND.kind.lower()}={found.item.uid}"


def _copy_body(found: Pass, stream: ImageStreamListItem) -> Object:
    item, spec = found.item, found.item.spec
    migration = {key: value for key, value in (item.metadata.get("labels") or {}).items() if key == "migmigration"}
    labels = {**migration, **names.correlation_labels(item.KIND.kind, item.uid), names.IMAGE_STREAM: stream.uid or ""}
    owner = {"apiVersion": item.KIND.api_version, "kind": item.KIND.kind, "name": item.name, "uid": item.uid, "controller": True}
    body: Object = {"apiVersion": _KIND.api_version, "kind": _KIND.kind}
    body["metadata"] = {
        "generateName": names.generate_name(item.name),
        "namespace": item.namespace,
        "labels": labels,
        "ownerReferences": [owner],
    }
    body["spec"] = {
        "srcMigClusterRef": _reference(spec.src_mig_cluster_ref),
        "destMigClusterRef": _reference(spec.dest_mig_cluster_ref),
        "imageStreamRef": {"name": stream.name, "namespace": stream.namespace},
    }
    if stream.dest_namespace:
        body["spec"]["destNamespace"] = stream.dest_namespace
    return body


def _reference(wanted: common.ObjectReference | None) -> dict[str, str | None]:
    return {"name": wanted.name, "namespace": wanted.namespace} if wanted else {}


async def _wait(found: Pass) -> Outcome:
    copies = {item["metadata"]["labels"].get(names.IMAGE_STREAM): item for item in await _copies(found)}
    # An object that a person made anew under the same name has another UID, and belongs to what is copied next time.
    there = await _there(found)
    judged = await parallel.gather(_judge(found, stream, copies.get(stream.uid), there) for stream in found.listed)
    lists: dict[str, list[ImageStreamListItem]] = {"newISs": [], "successfulISs": [], "failedISs": [], "deletedISs": []}
    for where, item in judged:
        lists[where].append(item)
    fields = {key: _dumped(items) or None for key, items in lists.items()}
    if lists["newISs"]:
        return Waits(for_=(Awaited(found.host, _KIND, found.item.namespace, _own(found)),), fields=fields)
    errors_ = tuple(f"ImageStream {item.ref}: {error}" for item in lists["failedISs"] for error in item.errors)
    return Failed(errors=errors_, category=conditions.ADVISORY, fields=fields) if errors_ else Through(fields=fields)


async def _there(found: Pass) -> frozenset[str]:
    """UIDs of the ImageStreams of the source; of each namespace one list, because there may be hundreds of them."""

    async def of_space(space: str) -> list[str]:
        pages = found.source.pages(resources.IMAGE_STREAMS, namespace=space, metadata_only=True)
        try:
            return [str(codec.loads(bytes(raw))["metadata"]["uid"]) async for page in pages for raw in page.items]
        except errors.NotServed:
            return []

    return frozenset(uid for uids in await parallel.gather(of_space(space.source) for space in found.spaces) for uid in uids)


async def _judge(found: Pass, stream: ImageStreamListItem, copy: Object | None, there: frozenset[str]) -> tuple[str, ImageStreamListItem]:
    """The list of the status in which an ImageStream belongs now, and its entry there."""
    if copy is not None:
        meta = copy["metadata"]
        stream = stream.model_copy(update={"direct_migration": common.ObjectReference(name=meta["name"], namespace=meta["namespace"])})
    if copy is not None and is_over(copy):
        problems = [str(text) for text in (copy.get("status") or {}).get("errors") or []]
        return ("failedISs" if problems else "successfulISs"), stream.model_copy(update={"errors": problems})
    if stream.not_found or stream.uid not in there:
        if copy is not None:
            await found.host.delete(_KIND, copy["metadata"]["name"], namespace=copy["metadata"]["namespace"])
        return "deletedISs", stream.model_copy(update={"not_found": True})
    if copy is None or copy["metadata"].get("deletionTimestamp"):
        text = "Its DirectImageStreamMigration was deleted before it had ended. Start another migration to copy the images."
        return "failedISs", stream.model_copy(update={"errors": [text]})
    return "newISs", stream


def _dumped(items: Sequence[ImageStreamListItem]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json") for item in sorted(items, key=lambda item: (item.ref.namespace, item.ref.name))]


COURSE: Course[Pass] = Course(
    # Itineraries of MTC call it PVC, by mistake; nobody is known to read it.
    name="Images",
    failed="Failed",
    legs=(
        Leg("", "It exists.", go_on),
        Leg("Started", "It has started.", go_on),
        Leg("Prepare", "Getting ready.", go_on),
        Leg("CreateDestinationNamespaces", "Creating namespaces in the target.", _create_namespaces),
        Leg("ListImageStreams", "Looking for ImageStreams in the source.", _list_streams),
        Leg("CreateDirectImageStreamMigrations", "Starting a copy for each ImageStream.", _create_copies),
        Leg("WaitingForDirectImageStreamMigrationsToComplete", "Waiting for the copies.", _wait),
        Leg(COMPLETED, "It has ended.", go_on),
    ),
    what="The copy of images",
)
