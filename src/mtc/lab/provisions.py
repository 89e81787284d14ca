"""What a lab is made of, built or fetched where the cache does not have it."""

from dataclasses import dataclass

from mtc.lab import binaries, cluster, images, servers, tasks


@dataclass(frozen=True)
class Fetched:
    """What comes from others, and the image of mtc.

    Attributes:
        weed: path of SeaweedFS's program.
        base, product: images of Debian, and of mtc.
    """

    weed: str
    base: images.Image
    product: images.Image


async def compiled() -> cluster.Parts:
    """One after the other, because each keeps all processors busy; CoreDNS after Kubernetes, with which it shares most packages."""
    kubernetes = await binaries.kubernetes()
    return cluster.Parts(kubernetes, await binaries.pause(), await images.pause(), await images.coredns())


async def fetched() -> Fetched:
    """One after the other, because the one needs the other, or the store of images."""
    return Fetched(await servers.seaweedfs(), await images.base(), await images.product())


async def everything() -> tuple[cluster.Parts, Fetched]:
    """Both at once: the one waits for processors and the other for the network."""
    parts, others = await tasks.together(compiled(), fetched())
    return parts, others
