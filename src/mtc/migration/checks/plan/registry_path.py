"""SourceClusterNoRegistryPath, DestinationClusterNoRegistryPath: direct image copies need a registry on both sides.

Only where there are images to copy: a source without ImageStreams has none, nor has a plan that leaves them out.
"""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_SOURCE, _TARGET = conditions.SOURCE_CLUSTER_NO_REGISTRY_PATH, conditions.DESTINATION_CLUSTER_NO_REGISTRY_PATH


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    copies_images = (
        scope.serves_images and not scope.settings.disable_image_copy and "imagestreams" not in scope.settings.excluded_resources
    )
    state_only = scope.type is not None and not scope.migrates_namespaces_only
    if not copies_images or state_only or scope.plan.spec.indirect_image_migration:
        return []
    found = []
    for type_, role, side in ((_SOURCE, "source", scope.source), (_TARGET, "target", scope.target)):
        if side.cluster is not None and not side.cluster.status.registry_path:
            message = (
                f"Images of MigPlan {scope.ref} are to be copied directly, and MigCluster {side.ref}, its {role}, has no image registry. "
                "Set spec.exposedRegistryPath of the MigCluster, or spec.indirectImageMigration of the plan."
            )
            found.append(checks.critical(type_, conditions.NOT_SET, message))
    return found


CHECK = checks.Check(order=30, types=(_SOURCE, _TARGET), run=_run)
