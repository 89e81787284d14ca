"""Copies that share namespaces go one after the other: their pods and ways in have the same names."""

from mtc.api.migration.directvolumemigration import DirectVolumeMigration
from mtc.kube import resources
from mtc.migration.direct import course
from mtc.migration.direct.volumes.scope import Scope, target_of


async def before(scope: Scope) -> str:
    """The copy that has to end first, namespace/name; "" where there is none."""
    mine = _places(scope.dvm)
    items = await scope.host.list_all(resources.DIRECT_VOLUME_MIGRATIONS, namespace=scope.dvm.namespace)
    others = [dvm for dvm in DirectVolumeMigration.readable(item for item in items if not course.is_over(item)) if dvm.uid != scope.uid]
    earlier = [dvm for dvm in others if _age(dvm) < _age(scope.dvm) and _places(dvm) & mine and dvm.status.itinerary]
    return str(earlier[0].ref) if earlier else ""


def _age(dvm: DirectVolumeMigration) -> tuple[str, str]:
    return str(dvm.metadata.get("creationTimestamp", "")), dvm.uid


def _places(dvm: DirectVolumeMigration) -> set[tuple[str, str]]:
    """Its namespaces, those of the source and those of the target apart."""
    claims = dvm.spec.persistent_volume_claims or []
    return {("source", claim.namespace or "") for claim in claims} | {("target", target_of(claim)[0]) for claim in claims}
