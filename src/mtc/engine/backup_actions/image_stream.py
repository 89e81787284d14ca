"""The images of an ImageStream go from the cluster's own registry into the migration registry that the Backup names.

Without such a registry the stream is stored alone: that is how it was asked for. An image that could not be copied is an error of the
Backup, and the stream is stored all the same, with the others.
"""

from mtc.api import names
from mtc.engine import image_streams
from mtc.engine.actions import Action, Outcome
from mtc.engine.backup.context import Context
from mtc.engine.image_streams import Image
from mtc.kube.client import Object
from mtc.movers import errors
from mtc.movers.images import skopeo


async def apply(stream: Object, context: Context) -> Outcome:
    """The stream, with the name of the registry in which its images are: the restore tells by it which of them came along."""
    registry = (context.backup["metadata"].get("annotations") or {}).get(names.REGISTRY)
    if not registry or not image_streams.has_images(stream):
        return Outcome(stream)
    own, meta = context.image_registry, stream["metadata"]
    host = image_streams.host_of(stream) or await own.address()
    found = image_streams.images(stream, {host, await own.address()})
    if not found:
        return Outcome(stream)
    login = await own.login()

    async def copy(image: Image) -> None:
        try:
            await skopeo.copy(
                source=image.reference,
                target=f"{registry}/{meta['namespace']}/{meta['name']}@{image.digest}",
                source_login=login,
                target_login=None,
                # The certificate of the one is signed by the cluster itself, the other lives for an hour inside of it.
                verify_source_tls=False,
                verify_target_tls=False,
                keeps_digest=True,
            )
        except errors.MoverError as error:
            where = f"ImageStream {meta['namespace']}/{meta['name']}, tag {image.tag}, on cluster {context.cluster.name}"
            context.fail(meta["namespace"], f"{where}: {error}")
        else:
            context.log.info("image copied", stream=f"{meta['namespace']}/{meta['name']}", tag=image.tag, digest=image.digest)

    # One image may stand under several tags.
    await image_streams.each({image.digest: image for image in found}.values(), copy)
    meta.setdefault("annotations", {})[names.BACKUP_REGISTRY_HOST] = ",".join(sorted({host, await own.address()} - {""}))
    return Outcome(stream)


ACTION = Action("migration.openshift.io/image-stream", frozenset({"imagestreams.image.openshift.io"}), apply)
