"""Makes volumes for claims of the lab's storage class: a folder of this machine and a PersistentVolume of type `local`.

One small process per cluster: `python -m mtc.lab.provisioner KUBECONFIG FOLDER NODE`. What it must do follows from the
objects alone, so that it may be stopped at any time: a claim without a volume gets one, named after the claim's uid; a
released volume whose policy is Delete loses its folder and then its object. A folder is also removed when somebody has
deleted the object of such a volume.
"""

import asyncio
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtc.kube import access, client, errors, resources, watch

CLASS = "lab-local"
NAME = "lab.mtc.dev/local"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
_DIRECTORY_MODE = 0o777


@dataclass(frozen=True)
class Provisioner:
    """One cluster's provisioner.

    Attributes:
        cluster: the cluster.
        directory: folder that gets one folder a volume.
        node: name of the node that has that folder.
    """

    cluster: client.Client
    directory: Path
    node: str

    async def run(self) -> None:
        """Serve claims and volumes until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_claims())
            group.create_task(self._follow_volumes())

    async def _follow_claims(self) -> None:
        async for event in watch.watch(self.cluster, resources.PERSISTENT_VOLUME_CLAIMS):
            if event.type in {"ADDED", "MODIFIED"} and needs_volume(event.object):
                await self._tried(self._provide(event.object))

    async def _follow_volumes(self) -> None:
        async for event in watch.watch(self.cluster, resources.PERSISTENT_VOLUMES):
            if event.type in {"ADDED", "MODIFIED"} and is_to_be_deleted(event.object):
                await self._tried(self._delete(event.object))
            elif event.type == "DELETED" and is_ours(event.object):
                self._remove_directory(event.object)

    async def _provide(self, claim: client.Object) -> None:
        volume = volume_for(claim, directory=self.directory, node=self.node)
        path = Path(volume["spec"]["local"]["path"])
        path.mkdir(parents=True, exist_ok=True)
        # Pods of any user may write, as they may in the folders of other provisioners of this simple kind.
        path.chmod(_DIRECTORY_MODE)
        try:
            await self.cluster.create(resources.PERSISTENT_VOLUMES, volume)
        except errors.AlreadyExists:
            return
        _log(f"made {volume['metadata']['name']} for {claim['metadata']['namespace']}/{claim['metadata']['name']}")

    async def _delete(self, volume: client.Object) -> None:
        self._remove_directory(volume)
        name = volume["metadata"]["name"]
        if await self.cluster.delete(resources.PERSISTENT_VOLUMES, name, uid=volume["metadata"]["uid"]):
            _log(f"deleted {name}")

    def _remove_directory(self, volume: client.Object) -> None:
        """Remove the volume's folder, if its policy says so and it is one of ours."""
        spec = volume.get("spec", {})
        path = Path(spec.get("local", {}).get("path", "/"))
        if spec.get("persistentVolumeReclaimPolicy") == "Delete" and path.parent == self.directory:
            shutil.rmtree(path, ignore_errors=True)

    async def _tried(self, work: Any) -> None:
        """Await the work; what the API server refuses is told to the log, and tried again at the object's next event."""
        try:
            await work
        except errors.KubeError as error:
            _log(str(error))


def needs_volume(claim: Mapping[str, Any]) -> bool:
    """Whether the claim waits for a volume from here."""
    spec = claim["spec"]
    return (
        spec.get("storageClassName") == CLASS
        and not spec.get("volumeName")
        and not spec.get("selector")
        and spec.get("volumeMode", "Filesystem") == "Filesystem"
        and claim.get("status", {}).get("phase", "Pending") == "Pending"
        and "deletionTimestamp" not in claim["metadata"]
    )


def is_ours(volume: Mapping[str, Any]) -> bool:
    """Whether the volume was made here."""
    annotations = volume["metadata"].get("annotations") or {}
    return bool(annotations.get(_PROVISIONED_BY) == NAME)


def is_to_be_deleted(volume: Mapping[str, Any]) -> bool:
    """Whether the volume was made here and its claim is gone for good."""
    released = volume.get("status", {}).get("phase") == "Released"
    return is_ours(volume) and released and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"


def volume_for(claim: Mapping[str, Any], *, directory: Path, node: str) -> client.Object:
    """The volume that serves the claim."""
    meta, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{meta['uid']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_PROVISIONED_BY: NAME}},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
            },
            "local": {"path": str(directory / name)},
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]
                }
            },
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": CLASS,
            "volumeMode": "Filesystem",
        },
    }


def _log(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this process's output is its log file


async def _main(kubeconfig: Path, directory: Path, node: str) -> None:
    async with client.Client(access.from_kubeconfig(str(kubeconfig)), name=node) as cluster:
        await Provisioner(cluster, directory, node).run()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
