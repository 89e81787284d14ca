"""The itinerary of a DirectImageStreamMigration: the images of one ImageStream, all tags, each with its history."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mtc.api import base, common, conditions
from mtc.api.conditions import Condition
from mtc.api.migration.directimagestreammigration import DirectImageStreamMigration
from mtc.engine import image_registry
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import checks
from mtc.migration.clusters import Clusters
from mtc.migration.direct.course import COMPLETED, Course, Failed, Leg, Outcome, Stepper, Through, Waits, go_on
from mtc.migration.direct.images import declared, streams
from mtc.migration.direct.images.copies import Copies, Place, Work
from mtc.migration.sides import Side
from mtc.movers.images.port import Login

#: Registries of OpenShift look at the password only, which is a token of their cluster.
_USER = "ignored"


@dataclass(frozen=True)
class Pass:
    """What a pass works with.

    Attributes:
        ref, uid: of the object.
        stream: the ImageStream.
        target_namespace: where its images go to.
        source, target: the clusters, with registries that can be reached.
        copies: the copies that run.
    """

    ref: base.Ref
    uid: str
    stream: Object
    target_namespace: str
    source: Side
    target: Side
    copies: Copies


def stepper(clusters: Clusters, copies: Copies, *, wake: Callable[[Any], None]) -> Stepper[Pass]:
    """Steps such objects.

    Args:
        clusters: clients of clusters.
        copies: the copies that run.
        wake: called with the name of an object that should be stepped now.
    """

    async def look(read: Object) -> tuple[Pass | None, list[Condition]]:
        return await _look(read, clusters, copies)

    return Stepper(
        resources.DIRECT_IMAGE_STREAM_MIGRATIONS,
        host=clusters.host,
        look=look,
        course=COURSE,
        wake=wake,
        left=lambda ref: copies.forget(base.Ref(ref.namespace, ref.name)),
    )


async def _look(read: Object, clusters: Clusters, copies: Copies) -> tuple[Pass | None, list[Condition]]:
    item = DirectImageStreamMigration.from_dict(read)
    where, spec = f"DirectImageStreamMigration {item.ref}", item.spec
    pair, staged = await declared.pair(spec.src_mig_cluster_ref, spec.dest_mig_cluster_ref, clusters=clusters, where=where)
    reference = spec.image_stream_ref
    if reference is None or not common.is_set(reference):
        text = f"{where} does not say which ImageStream to copy. Set name and namespace of one in spec.imageStreamRef."
        return None, [*staged, checks.critical(conditions.INVALID_IMAGE_STREAM_REF, conditions.NOT_SET, text)]
    space = spec.dest_namespace or reference.ref.namespace
    stream = None
    if pair.source.client is not None:
        stream = await pair.source.client.find(resources.IMAGE_STREAMS, reference.ref.name, namespace=reference.ref.namespace)
        if stream is None:
            text = f"ImageStream {reference.ref}, which {where} is to copy, does not exist on source cluster {pair.source.name}."
            staged.append(checks.critical(conditions.INVALID_IMAGE_STREAM, conditions.NOT_FOUND, f"{text} Correct spec.imageStreamRef."))
    if pair.target.client is not None and await pair.target.client.find(resources.NAMESPACES, space) is None:
        text = f"Namespace {space}, which images of {where} are to go to, does not exist on target cluster {pair.target.name}. Create it there."
        staged.append(checks.critical(conditions.NAMESPACE_NOT_FOUND_ON_DESTINATION, conditions.NOT_FOUND, text))
    if stream is None:
        return None, staged
    return Pass(item.ref, item.uid, stream, space, pair.source, pair.target, copies), staged


async def _migrate(found: Pass) -> Outcome:
    meta, source = found.stream["metadata"], _client(found.source)
    where = f"ImageStream {meta['namespace']}/{meta['name']} of cluster {found.source.name}"
    if not streams.has_images(found.stream):
        return Through()
    host = streams.internal_host(found.stream) or await _internal(source)
    if not host:
        return _failed(
            f"{where} does not say which registry it is in, nor does anything else on the cluster, so nobody knows which of its images are "
            "stored there. Push its images by hand."
        )
    if not (tags := streams.tags(found.stream, host)):
        return Through()
    for side in (found.source, found.target):
        if not await _client(side).access.token():
            return _failed(
                f"{where} was not copied: the way into cluster {side.name} has no bearer token, so there is none to log in to its image "
                "registry with. Let the controller use a service account there."
            )
    work = Work(
        tags,
        _place(found.source, f"{meta['namespace']}/{meta['name']}"),
        _place(found.target, f"{found.target_namespace}/{meta['name']}"),
    )
    problems = found.copies.look(found.ref, found.uid, work)
    if problems is None:
        return Waits()
    return _failed(*problems) if problems else Through()


async def _internal(source: Client) -> str:
    try:
        return await image_registry.internal(source)
    except kube_errors.Forbidden:
        return ""


def _place(side: Side, path: str) -> Place:
    async def login() -> Login:
        return Login(_USER, await _client(side).access.token() or "")

    registry = side.cluster.status.registry_path if side.cluster else ""
    return Place(f"{registry}/{path}", login)


def _client(side: Side) -> Client:
    if side.client is None:
        raise AssertionError  # a pass is made only where both clusters are Ready
    return side.client


def _failed(*errors: str) -> Failed:
    return Failed(errors=errors, category=conditions.ADVISORY)


COURSE: Course[Pass] = Course(
    name="ImageStream",
    failed="Failed",
    legs=(
        Leg("", "It exists.", go_on),
        Leg("Started", "It has started.", go_on),
        Leg("Prepare", "Getting ready.", go_on),
        Leg("MigrateImageStream", "Copying the images of the ImageStream.", _migrate),
        Leg(COMPLETED, "It has ended.", go_on),
    ),
    what="The copy of the ImageStream",
)
