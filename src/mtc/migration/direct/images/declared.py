"""What is wrong with a DirectImageMigration or a DirectImageStreamMigration as it is declared."""

from mtc.api import common, conditions
from mtc.api.conditions import Condition
from mtc.migration import checks, sides
from mtc.migration.clusters import Clusters
from mtc.migration.direct import references
from mtc.migration.direct.references import Pair
from mtc.migration.sides import Side

#: The reason of conditions about clusters that are not Ready, as MTC has it.
_NOT_READY = ""


async def pair(
    source: common.ObjectReference | None, target: common.ObjectReference | None, *, clusters: Clusters, where: str
) -> tuple[Pair, list[Condition]]:
    """Both clusters as far as they can be reached, and what is wrong with them or with their registries.

    Args:
        source: the reference to the source.
        target: the reference to the target.
        clusters: clients of clusters.
        where: kind and name of the object, for messages.
    """
    found = await references.find(source, target, clusters=clusters, where=where, not_ready=_NOT_READY)
    staged = list(found.staged)
    if sides.is_one_cluster(found.source, found.target):
        text = f"spec.srcMigClusterRef and spec.destMigClusterRef of {where} name the same cluster, where the images are already. Name two."
        staged.append(checks.critical(conditions.INVALID_DESTINATION_CLUSTER, conditions.NOT_DISTINCT, text))
    staged += _registry(found.source, where, "source", conditions.MISSING_SOURCE_REGISTRY_PATH)
    staged += _registry(found.target, where, "target", conditions.MISSING_DESTINATION_REGISTRY_PATH)
    return found, staged


def _registry(side: Side, where: str, role: str, type_: str) -> list[Condition]:
    if side.cluster is None or side.cluster.status.registry_path:
        return []
    text = (
        f"MigCluster {side.ref}, the {role} of {where}, has no image registry that can be reached. Set its spec.exposedRegistryPath to the "
        "host of the registry's route."
    )
    return [checks.critical(type_, "", text)]
