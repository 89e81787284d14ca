"""The two clusters that a direct copy names, and what is wrong with them."""

from dataclasses import dataclass

from mtc.api import common, conditions
from mtc.api.conditions import Condition
from mtc.migration import checks, parallel, sides
from mtc.migration.clusters import Clusters
from mtc.migration.sides import Side


@dataclass(frozen=True)
class Pair:
    """Both sides, as far as they can be reached.

    Attributes:
        source, target: the clusters.
        staged: what is wrong with them.
    """

    source: Side
    target: Side
    staged: tuple[Condition, ...]


async def find(
    source: common.ObjectReference | None, target: common.ObjectReference | None, *, clusters: Clusters, where: str, not_ready: str
) -> Pair:
    """The clusters that an object names in spec.srcMigClusterRef and spec.destMigClusterRef.

    Args:
        source: the reference to the source.
        target: the reference to the target.
        clusters: clients of clusters.
        where: kind and name of the object, for messages.
        not_ready: the reason of the conditions about a cluster that is not Ready.
    """
    from_, to = await parallel.both(sides.open_side(source, clusters), sides.open_side(target, clusters))
    staged = [
        *_wrong(from_, where, "srcMigClusterRef", conditions.INVALID_SOURCE_CLUSTER_REF, conditions.SOURCE_CLUSTER_NOT_READY, not_ready),
        *_wrong(
            to, where, "destMigClusterRef", conditions.INVALID_DESTINATION_CLUSTER_REF, conditions.DESTINATION_CLUSTER_NOT_READY, not_ready
        ),
    ]
    return Pair(from_, to, tuple(staged))


def _wrong(side: Side, where: str, field: str, invalid: str, unready: str, reason: str) -> list[Condition]:  # noqa: PLR0913, PLR0917 - six words
    if side.ref is None:
        text = f"{where} does not say which cluster it means by spec.{field}. Set name and namespace of a MigCluster there."
        return [checks.critical(invalid, conditions.NOT_SET, text)]
    if side.cluster is None:
        text = f"MigCluster {side.ref}, which spec.{field} of {where} names, does not exist. Create it or name another."
        return [checks.critical(invalid, conditions.NOT_FOUND, text)]
    if side.client is None:
        text = f"MigCluster {side.ref}, which spec.{field} of {where} names, is not Ready. Its conditions say why."
        return [checks.critical(unready, reason, text)]
    return []
