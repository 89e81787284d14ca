"""Says of a VolumeSnapshotLocation whether its provider is known. Snapshots themselves are taken by the cluster's drivers."""

from typing import Any

from mtc import store
from mtc.kube import resources
from mtc.kube.client import Client


class SnapshotLocations:
    """Steps the VolumeSnapshotLocations of one cluster."""

    def __init__(self, cluster: Client) -> None:
        self._cluster = cluster

    async def step(self, namespace: str, name: str) -> float | None:
        """Writes the phase when it is another one."""
        kind = resources.VOLUME_SNAPSHOT_LOCATIONS
        location: dict[str, Any] | None = await self._cluster.find(kind, name, namespace=namespace)
        if location is None or location["metadata"].get("deletionTimestamp"):
            return None
        provider = str((location.get("spec") or {}).get("provider") or "").removeprefix("velero.io/")
        phase = "Available" if provider in store.providers() else "Unavailable"
        if (location.get("status") or {}).get("phase") != phase:
            await self._cluster.patch(kind, name, {"status": {"phase": phase}}, namespace=namespace)
        return None
