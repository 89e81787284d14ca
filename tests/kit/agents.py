"""A node agent with what it needs: a control plane, a bucket, real restic; only the kubelet's folders are made by hand."""

import asyncio
import base64
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kit import s3
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object
from mtc.lab import binaries
from mtc.movers.volumes.port import VolumeMover
from mtc.operator import node_agent

NAMESPACE = "openshift-migration"
NODE = "node-1"
_APPLICATIONS = ("shop", "shop-new")
_CRDS = ("podvolumebackups", "podvolumerestores", "backuprepositories", "backupstoragelocations")


async def prepare(cluster: Client) -> None:
    """The kinds and namespaces that a node agent needs."""
    for name in _CRDS:
        path = binaries.checkout() / "deploy" / "crds" / f"{name}.velero.io.yaml"
        await cluster.create(resources.CUSTOM_RESOURCE_DEFINITIONS, yaml.safe_load(path.read_text()))
    for name in (NAMESPACE, *_APPLICATIONS):
        await cluster.create(resources.NAMESPACES, {"metadata": {"name": name}})
        await cluster.create(resources.SERVICE_ACCOUNTS, {"metadata": {"name": "default", "namespace": name}})
    await _until_served(cluster)


async def clear(cluster: Client) -> None:
    """Removes what a test has left: its pods, and what it asked the agent for."""
    for namespace in _APPLICATIONS:
        for pod in await cluster.list_all(resources.PODS, namespace=namespace):
            await cluster.delete(resources.PODS, pod["metadata"]["name"], namespace=namespace, grace_s=0)
    for kind in (resources.POD_VOLUME_BACKUPS, resources.POD_VOLUME_RESTORES):
        await cluster.delete_collection(kind, namespace=NAMESPACE)


async def _until_served(cluster: Client) -> None:
    async for event in watch.watch(cluster, resources.CUSTOM_RESOURCE_DEFINITIONS):
        if event.type != "LOST":
            found = await cluster.list_all(resources.CUSTOM_RESOURCE_DEFINITIONS)
            conditions = [item for crd in found for item in (crd.get("status") or {}).get("conditions") or []]
            if sum(item["type"] == "Established" and item["status"] == "True" for item in conditions) == len(_CRDS):
                return


@dataclass
class World:
    """A cluster with a bucket and a folder that stands for the kubelet's."""

    cluster: Client
    kubeconfig: Path
    pods: Path
    location: str
    mover: VolumeMover

    async def pod(self, namespace: str, name: str, *, waiter: str = "none", node: str = NODE, volume: str = "data") -> Object:
        """A pod with an emptyDir as volume, and its folders on the node."""
        spec: dict[str, Any] = {
            "nodeName": node,
            "containers": [{"name": "main", "image": "none"}],
            "volumes": [{"name": volume, "emptyDir": {}}, {"name": "settings", "configMap": {"name": "none"}}],
        }
        if waiter != "none":
            spec["initContainers"] = [{"name": "restore-wait", "image": "none"}]
            spec["volumes"].append({"name": "mtc-restore-wait", "emptyDir": {}})
        made = await self.cluster.create(resources.PODS, {"metadata": {"name": name, "namespace": namespace}, "spec": spec})
        for item in (volume, "mtc-restore-wait"):
            self.folder(made, item).mkdir(parents=True)
        await self.let_wait(made, waiter)
        return made

    async def let_wait(self, pod: Object, waiter: str) -> None:
        """What the kubelet tells about the init container."""
        states = {
            "running": {"running": {}},
            "ended": {"terminated": {"exitCode": 0}},
            "waiting": {"waiting": {"reason": "PodInitializing"}},
        }
        if waiter in states:
            meta = pod["metadata"]
            status = {"name": "restore-wait", "ready": False, "restartCount": 0, "image": "none", "imageID": "", "state": states[waiter]}
            await self.cluster.patch(
                resources.PODS, meta["name"], {"status": {"phase": "Pending", "initContainerStatuses": [status]}},
                namespace=meta["namespace"], subresource="status",
            )  # fmt: skip

    def folder(self, pod: Object, volume: str = "data") -> Path:
        """Where the kubelet keeps the volume."""
        return self.pods / str(pod["metadata"]["uid"]) / "volumes" / "kubernetes.io~empty-dir" / volume

    def marker(self, pod: Object, volume: str = "data") -> Path:
        """What tells the pod that its volume is filled."""
        return self.folder(pod, "mtc-restore-wait") / f"{volume}.restore-uid"

    async def backup(self, pod: Object, *, labels: dict[str, str] | None = None, **changes: Any) -> str:
        """A new PodVolumeBackup; its name."""
        meta = pod["metadata"]
        spec = {
            "node": NODE,
            "pod": {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]},
            "volume": "data",
            "backupStorageLocation": self.location,
            "repoIdentifier": "",
            "uploaderType": "restic",
            "tags": {"volume": "data"},
        }
        return await self._create(resources.POD_VOLUME_BACKUPS, {**spec, **changes}, labels or {})

    async def restore(self, pod: Object, snapshot: str, *, settings: dict[str, str] | None = None, **changes: Any) -> str:
        """A new PodVolumeRestore; its name."""
        meta = pod["metadata"]
        spec = {
            "pod": {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]},
            "volume": "data",
            "backupStorageLocation": self.location,
            "repoIdentifier": "",
            "uploaderType": "restic",
            "snapshotID": snapshot,
            "sourceNamespace": "shop",
            "uploaderSettings": settings or {},
        }
        return await self._create(resources.POD_VOLUME_RESTORES, {**spec, **changes}, {"velero.io/restore-uid": "restore-uid"})

    async def _create(self, kind: resources.ResourceType, spec: dict[str, Any], labels: dict[str, str]) -> str:
        meta = {"generateName": "test-", "namespace": NAMESPACE, "labels": labels}
        made = await self.cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, "spec": spec})
        return str(made["metadata"]["name"])

    async def until(self, kind: resources.ResourceType, name: str, wanted: Callable[[Object], bool], *, within_s: float = 90) -> Object:
        """The status of an object as soon as it is as wanted."""
        last: Object = {}
        try:
            async with asyncio.timeout(within_s):
                events: Any = watch.watch(self.cluster, kind, namespace=NAMESPACE, field_selector=f"metadata.name={name}")
                async with contextlib.aclosing(events):
                    async for event in events:
                        last = (event.object.get("status") or {}) if event.object else last
                        if event.object and wanted(last):
                            return last
        except TimeoutError:
            pass
        raise AssertionError(f"{kind.kind} {name} did not become as wanted; last seen: {last}")

    async def ended(self, kind: resources.ResourceType, name: str, *, within_s: float = 90) -> Object:
        """The status with which an object ended."""
        return await self.until(kind, name, lambda status: status.get("phase") in {"Completed", "Failed", "Canceled"}, within_s=within_s)

    @contextlib.asynccontextmanager
    async def agent(self, *, node: str = NODE, concurrency: int = 4, through: Client | None = None) -> AsyncIterator[None]:
        """A running node agent, which may have a way of its own to the cluster."""
        work = node_agent.run(
            through or self.cluster, namespace=NAMESPACE, node=node, pods_folder=self.pods, concurrency=concurrency, mover=self.mover
        )
        task = asyncio.create_task(work)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled(), task.exception()

    @contextlib.asynccontextmanager
    async def process(self, restic_program: str, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
        """A node agent as a process of its own, killed at the end without a warning."""
        argv = [
            sys.executable,
            "-c",
            "from mtc.cli.main import main; main()",
            "node-agent",
            "--node-name",
            NODE,
            "--host-pods",
            str(self.pods),
        ]
        env = {**os.environ, "MTC_RESTIC": restic_program, "MTC_RESTIC_CACHE": str(log.parent / "cache")}
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *argv, "--kubeconfig", str(self.kubeconfig), env=env, stdout=output, stderr=output
            )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()

    async def data(self, pod: Object) -> str:
        """The snapshot of a pod's volume, made by an agent."""
        status = await self.ended(resources.POD_VOLUME_BACKUPS, await self.backup(pod))
        assert status["phase"] == "Completed", status
        return str(status["snapshotID"])


async def make_location(cluster: Client, name: str, bucket: str, prefix: str, url: str) -> None:
    """A BackupStorageLocation with its Secret."""
    data = {"cloud": base64.b64encode(s3.credential(s3.ACCESS_KEY, s3.SECRET_KEY)).decode()}
    await cluster.create(resources.SECRETS, {"metadata": {"name": name, "namespace": NAMESPACE}, "data": data})
    spec = {
        "provider": "aws",
        "objectStorage": {"bucket": bucket, "prefix": prefix},
        "config": {"s3Url": url, "region": s3.REGION, "s3ForcePathStyle": "true"},
        "credential": {"name": name, "key": "cloud"},
    }
    kind = resources.BACKUP_STORAGE_LOCATIONS
    await cluster.create(
        kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}
    )
