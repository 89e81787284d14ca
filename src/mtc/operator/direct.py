"""What runs direct copies: a loop over each of their kinds, and copies of images beside them."""

import asyncio

from mtc.kube import resources
from mtc.migration.clusters import Clusters
from mtc.migration.direct.images import of_namespaces, of_stream
from mtc.migration.direct.images.copies import Copies
from mtc.migration.direct.volumes import lifecycle
from mtc.migration.settings import Live
from mtc.movers.images import skopeo
from mtc.operator.loop import MANY_WORKERS, Loop, Ref


class DirectCopies:
    """The loops over DirectVolumeMigrations, DirectImageMigrations and DirectImageStreamMigrations.

    Args:
        clusters: clients of the clusters.
        namespace: where the objects are, and where the toolkit lives on every cluster.
        settings: of the installation.
    """

    def __init__(self, clusters: Clusters, *, namespace: str, settings: Live) -> None:
        host = clusters.host
        of_volumes = lifecycle.stepper(clusters, namespace=namespace, settings=settings, wake=lambda ref: volumes.wake(ref))  # noqa: PLW0108 - made below
        volumes = Loop(host, resources.DIRECT_VOLUME_MIGRATIONS, of_volumes.step, namespace=namespace, workers=MANY_WORKERS)
        copies = Copies(skopeo, wake=lambda ref: streams.wake(Ref(ref.namespace, ref.name)))
        of_streams = of_stream.stepper(clusters, copies, wake=lambda ref: streams.wake(ref))  # noqa: PLW0108 - made below
        of_images = of_namespaces.stepper(clusters, wake=lambda ref: images.wake(ref))  # noqa: PLW0108 - made below
        streams = Loop(host, resources.DIRECT_IMAGE_STREAM_MIGRATIONS, of_streams.step, namespace=namespace, workers=MANY_WORKERS)
        images = Loop(host, resources.DIRECT_IMAGE_MIGRATIONS, of_images.step, namespace=namespace)
        self._parts = (of_volumes, volumes, copies, of_streams, of_images, streams, images)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for part in self._parts:
                group.create_task(part.run())
