"""How many bytes each volume would take along: what its last copy measured, else what its claim asks for."""

from mtc.api import names, quantities
from mtc.api.dry_run import MEASURED, REQUESTED, PlannedVolume
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import velero_crs
from mtc.migration.scope import Scope


async def look(scope: Scope, copies: list[Object]) -> list[PlannedVolume]:
    """The volumes of the plan that are not skipped.

    Args:
        scope: the pass.
        copies: PodVolumeBackups of the source.
    """
    found = []
    for pv in scope.volumes:
        namespace, name = pv.pvc.namespace, pv.pvc.mapping.source
        size = _measured(copies, namespace, name)
        basis = MEASURED
        if size is None:
            claim = await scope.source.find(resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=namespace)
            size, basis = _requested(claim, pv.capacity), REQUESTED
        found.append(PlannedVolume(namespace=namespace, claim=name, action=pv.selection.action, size_bytes=size, basis=basis))
    return found


def _measured(copies: list[Object], namespace: str, claim: str) -> int | None:
    """Bytes of the last completed copy of a claim."""
    mine = [
        item
        for item in copies
        if item["spec"]["pod"]["namespace"] == namespace
        and (item["metadata"].get("annotations") or {}).get(names.PVC_NAME) == claim
        and velero_crs.phase_of(item) == "Completed"
    ]
    last = max(mine, key=lambda item: str(item["status"].get("completionTimestamp") or ""), default=None)
    return int((last["status"].get("progress") or {}).get("totalBytes") or 0) if last else None


def _requested(claim: Object | None, capacity: int | str | None) -> int:
    text = (((claim or {}).get("spec") or {}).get("resources") or {}).get("requests", {}).get("storage") or capacity or "0"
    try:
        return int(quantities.parse(str(text)))
    except quantities.InvalidQuantity:
        return 0
