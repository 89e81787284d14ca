"""Compare the volumes of the shop on both clusters, by reading the folders of their nodes."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from mtc.kube import resources
from mtc.kube.client import Client
from mtc.lab.demo import errors, trees
from mtc.lab.demo.setting import SHOP, Setting


@dataclass(frozen=True)
class Volume:
    """A volume of the shop.

    Attributes:
        claim: name of its PersistentVolumeClaim.
        comparison: source beside target.
    """

    claim: str
    comparison: trees.Comparison


async def compare(setting: Setting) -> list[Volume]:
    """Each volume of the shop, the source's beside the target's.

    Raises:
        errors.StepFailed: a volume is missing, or is not a folder of the lab.
    """
    source, target = await asyncio.gather(*(_folders(cluster) for cluster in setting.clusters))
    started_ns = await _started_ns(setting.target)
    if missing := sorted(source.keys() ^ target.keys()):
        raise errors.StepFailed(f"PersistentVolumeClaims {', '.join(missing)} are only on one of the two clusters.")
    return [Volume(claim, await asyncio.to_thread(_compare, source[claim], target[claim], started_ns)) for claim in sorted(source)]


def _compare(source: str, target: str, started_ns: int) -> trees.Comparison:
    # The source is at rest; what the target's programs do while they are read is told apart by its time.
    return trees.compare(trees.read(source), trees.read(target), started_ns=started_ns)


async def _folders(cluster: Client) -> dict[str, str]:
    """The folder on this machine of each claim of the shop."""
    claims, volumes = await asyncio.gather(
        cluster.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=SHOP), cluster.list_all(resources.PERSISTENT_VOLUMES)
    )
    paths = {volume["metadata"]["name"]: (volume["spec"].get("local") or {}).get("path") for volume in volumes}
    found = {str(claim["metadata"]["name"]): paths.get(claim["spec"].get("volumeName")) for claim in claims}
    if missing := sorted(name for name, path in found.items() if not path):
        raise errors.StepFailed(f"PersistentVolumeClaims {', '.join(missing)} on cluster {cluster.name} have no folder on this machine.")
    return {name: path for name, path in found.items() if path}


async def _started_ns(cluster: Client) -> int:
    """When the first pod of the shop was created on the cluster."""
    pods = await cluster.list_all(resources.PODS, namespace=SHOP)
    if not pods:
        raise errors.StepFailed(f"Namespace {SHOP} on cluster {cluster.name} has no pods.")
    first = min(datetime.fromisoformat(pod["metadata"]["creationTimestamp"]) for pod in pods)
    return int(first.timestamp()) * 1_000_000_000
