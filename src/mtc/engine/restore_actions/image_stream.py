"""An ImageStream is made anew, and its images come from the migration registry that the Restore names into the cluster's own.

The stream comes first, so that it carries the labels of its migration: pushing into a registry of OpenShift would make one without. A tag
whose images are pushed follows nothing any more: what it followed in the source need not be there, and its images are.
"""

from mtc.api import names
from mtc.engine import image_streams
from mtc.engine.actions import Action, Outcome
from mtc.engine.image_streams import Image
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object
from mtc.movers import errors
from mtc.movers.images import skopeo

#: Where the images were, and that the source's cluster has asked other registries for images, which the target's has yet to.
_OF_SOURCE = frozenset({names.BACKUP_REGISTRY_HOST, "openshift.io/image.dockerRepositoryCheck"})


async def apply(stream: Object, subject: Subject) -> Outcome:
    """The stream without what the source's cluster has found out for it, and without the tags that are pushed."""
    meta, spec = stream["metadata"], stream.get("spec") or {}
    if meta.get("annotations"):
        meta["annotations"] = {key: text for key, text in meta["annotations"].items() if key not in _OF_SOURCE}
    if spec.get("tags"):
        pushed = {image.tag for image in _travelling(subject)}
        kept = [tag for tag in spec["tags"] if tag.get("name") not in pushed]
        stream["spec"] = spec | {"tags": [{key: value for key, value in tag.items() if key != "generation"} for tag in kept]}
    return Outcome(stream)


async def push(stream: Object, subject: Subject) -> None:
    """Brings the images; those that do not arrive are errors of the restore."""
    context, meta = subject.context, stream["metadata"]
    found, registry = _travelling(subject), _registry(subject)
    if not found:
        return
    own = context.image_registry
    where = f"ImageStream {meta['namespace']}/{meta['name']} on cluster {context.cluster.name}"
    if not (host := await own.address()):
        context.fail(meta["namespace"], f"{where} is without its images: the cluster has no image registry of its own. Set one up.")
        return
    login = await own.login()
    origin = f"{registry}/{subject.source_namespace}/{subject.original['metadata']['name']}"

    async def copy(image: Image) -> None:
        try:
            await skopeo.copy(
                source=f"{origin}@{image.digest}",
                target=f"{host}/{meta['namespace']}/{meta['name']}:{image.tag}",
                source_login=None,
                target_login=login,
                verify_source_tls=False,
                verify_target_tls=False,
                keeps_digest=True,
            )
        except errors.MoverError as error:
            context.fail(meta["namespace"], f"{where}, tag {image.tag}: {error}")
        else:
            context.log.info("image copied", stream=f"{meta['namespace']}/{meta['name']}", tag=image.tag, digest=image.digest)

    await image_streams.each(found, copy)


def _registry(subject: Subject) -> str:
    return str((subject.context.restore["metadata"].get("annotations") or {}).get(names.REGISTRY) or "")


def _travelling(subject: Subject) -> list[Image]:
    """The images that the backup has put into the migration registry; none where the Restore names no such registry."""
    hosts = (subject.original["metadata"].get("annotations") or {}).get(names.BACKUP_REGISTRY_HOST) or ""
    return image_streams.images(subject.original, hosts.split(",")) if hosts and _registry(subject) else []


ACTION = Action("migration.openshift.io/image-stream", frozenset({"imagestreams.image.openshift.io"}), apply, after=push)
