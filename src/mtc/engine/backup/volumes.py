"""Has the data of pods' volumes copied: chooses the volumes, makes a PodVolumeBackup for each, waits for all at once.

The copy itself is the node agent's. PodVolumeBackups that an interrupted run of the same backup made are used again.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mtc.api import durations, names
from mtc.engine import repositories
from mtc.engine.backup.context import Context
from mtc.engine.errors import EngineError
from mtc.kube import errors, resources, watch
from mtc.kube.client import Object

_NEVER = ("hostPath", "secret", "configMap", "projected", "downwardAPI")
_FINISHED = frozenset({"Completed", "Failed", "Canceled"})
#: Velero's --fs-backup-timeout.
_TIMEOUT_S = 4 * 3600.0
#: A pod of a DaemonSet is made again and started in a few seconds.
_AGENT_S = 60.0


@dataclass(frozen=True)
class Copy:
    """A volume to copy: of which pod, and its claim where it has one."""

    pod: Object
    volume: str
    claim: str | None

    @property
    def key(self) -> tuple[str, str]:
        """What tells copies apart."""
        return self.pod["metadata"]["uid"], self.volume


def chosen(pod: Object, *, by_default: bool) -> list[str]:
    """Names of the volumes of a pod that file-system backup is to copy, by its annotations and the backup's default."""
    annotations = pod["metadata"].get("annotations") or {}
    if not by_default:
        return [name.strip() for name in annotations.get(names.BACKUP_VOLUMES, "").split(",") if name.strip()]
    excluded = {name.strip() for name in annotations.get(names.BACKUP_VOLUMES_EXCLUDES, "").split(",")}
    volumes = pod["spec"].get("volumes") or []
    return [
        volume["name"]
        for volume in volumes
        if volume["name"] not in excluded
        and not any(volume.get(kind) for kind in _NEVER)
        and not volume["name"].startswith("default-token")
    ]


def _runs(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")


def mounted(pod: Object) -> tuple[set[str], set[str]]:
    """Names of the volumes that containers mount, and of those used as block devices."""
    containers = [*(pod["spec"].get("containers") or []), *(pod["spec"].get("initContainers") or [])]
    mounts = {mount["name"] for container in containers for mount in container.get("volumeMounts") or []}
    devices = {device["name"] for container in containers for device in container.get("volumeDevices") or []}
    return mounts, devices


class VolumeCopies:
    """The volume copies of one backup."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._wanted: dict[tuple[str, str], Copy] = {}
        self._claims: set[tuple[str, str]] = set()
        self._volumes: dict[str, Object] = {}
        self.finished: list[Object] = []

    def add_volume(self, volume: Object) -> None:
        """Remembers a stored PersistentVolume, for the volume info."""
        spec, meta = volume.get("spec") or {}, volume["metadata"]
        self._volumes[meta["name"]] = {
            "claim": spec.get("claimRef") or {},
            "info": {"reclaimPolicy": spec.get("persistentVolumeReclaimPolicy", ""), "labels": meta.get("labels")},
            "host_path": bool(spec.get("hostPath")),
        }

    def add_pod(self, pod: Object) -> None:
        """Chooses the volumes of a stored pod."""
        context, meta = self._context, pod["metadata"]
        spec = context.spec
        by_default = bool(spec.get("defaultVolumesToFsBackup") or spec.get("defaultVolumesToRestic"))
        wanted = chosen(pod, by_default=by_default)
        if not wanted:
            return
        where = f"pod {meta['namespace']}/{meta['name']}"
        if (pod.get("status") or {}).get("phase") != "Running":
            context.warn(
                meta["namespace"], f"The volumes of {where} are not copied: it is not running. Start it, or use a pod that mounts them."
            )
            return
        known = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
        mounts, devices = mounted(pod)
        for name in wanted:
            problem = _problem(name, known, mounts, devices)
            if problem:
                context.warn(meta["namespace"], f"Volume {name} of {where} is not copied: {problem}")
                continue
            claim = (known[name].get("persistentVolumeClaim") or {}).get("claimName")
            if claim and (meta["namespace"], claim) in self._claims:
                continue
            if claim:
                self._claims.add((meta["namespace"], claim))
            copy = Copy(pod, name, claim)
            self._wanted[copy.key] = copy

    async def run(self) -> None:
        """Makes the PodVolumeBackups and waits until all have ended; failures become errors of the backup."""
        if not self._wanted:
            return
        context, meta = self._context, self._context.backup["metadata"]
        selector = f"{names.BACKUP_UID}={meta['uid']}"
        cache = watch.Cache(context.cluster, resources.POD_VOLUME_BACKUPS, namespace=meta["namespace"], label_selector=selector)
        follower = asyncio.create_task(cache.run())
        try:
            await cache.wait(lambda: True, timeout_s=60)
            existing = {
                (item["spec"]["pod"].get("uid"), item["spec"]["volume"]): item["metadata"]["name"] for item in cache.objects.values()
            }
            started = await self._start(existing)
            await self._wait(cache, started)
        finally:
            follower.cancel()

    async def _start(self, existing: Mapping[tuple[str, str], str]) -> set[str]:
        started = {name for key, name in existing.items() if key in self._wanted}
        agents = await self._agents({copy.pod["spec"].get("nodeName", "") for copy in self._wanted.values() if copy.key not in existing})
        repository: dict[str, str] = {}
        for copy in self._wanted.values():
            if copy.key in existing:
                continue
            namespace = copy.pod["metadata"]["namespace"]
            where = f"volume {copy.volume} of pod {namespace}/{copy.pod['metadata']['name']}"
            node = copy.pod["spec"].get("nodeName", "")
            if self._is_host_path(namespace, copy.claim):
                self._context.warn(
                    namespace, f"The data of {where} is not copied: its PersistentVolume is a hostPath, which belongs to the node."
                )
                continue
            if node not in agents:
                self._context.fail(
                    namespace, f"The data of {where} is not copied: no node agent runs on node {node}. See DaemonSet node-agent."
                )
                continue
            try:
                if namespace not in repository:
                    repository[namespace] = await repositories.ensure(
                        self._context.cluster,
                        namespace=self._context.backup["metadata"]["namespace"],
                        volume_namespace=namespace,
                        location=self._context.spec["storageLocation"],
                    )
                started.add(await self._create(copy, repository[namespace]))
            except (errors.KubeError, EngineError) as error:
                self._context.fail(namespace, f"The data of {where} is not copied: {error}")
        return started

    def _is_host_path(self, namespace: str, claim: str | None) -> bool:
        bound = ((volume["claim"], volume["host_path"]) for volume in self._volumes.values())
        return any(host_path and ref.get("namespace") == namespace and ref.get("name") == claim for ref, host_path in bound)

    async def _agents(self, needed: set[str]) -> set[str]:
        """The nodes with an agent that runs. One that is just being started again is waited for: it may have died a moment ago."""
        cluster, namespace = self._context.cluster, self._context.backup["metadata"]["namespace"]
        agents = await cluster.find(resources.DAEMON_SETS, names.NODE_AGENT_NAME, namespace=namespace) or {}
        expected = int((agents.get("status") or {}).get("desiredNumberScheduled") or 0)
        cache = watch.Cache(cluster, resources.PODS, namespace=namespace, label_selector=f"{names.ROLE}={names.NODE_AGENT_NAME}")

        def running() -> set[str]:
            pods = cache.objects.values()
            return {pod["spec"].get("nodeName", "") for pod in pods if _runs(pod)}

        follower = asyncio.create_task(cache.run())
        try:
            await cache.wait(lambda: needed <= running() or len(running()) >= expected, timeout_s=_AGENT_S)
            return running()
        finally:
            follower.cancel()

    async def _create(self, copy: Copy, repository: str) -> str:
        context, meta, pod = self._context, self._context.backup["metadata"], copy.pod["metadata"]
        labels = {names.BACKUP_NAME: names.label_value(meta["name"]), names.BACKUP_UID: meta["uid"]}
        tags = {
            "backup": meta["name"],
            "backup-uid": meta["uid"],
            "pod": pod["name"],
            "pod-uid": pod["uid"],
            "ns": pod["namespace"],
            "volume": copy.volume,
        }
        annotations = {}
        if copy.claim:
            claim = await context.cluster.get(resources.PERSISTENT_VOLUME_CLAIMS, copy.claim, namespace=pod["namespace"])
            labels[names.PVC_UID] = tags["pvc-uid"] = claim["metadata"]["uid"]
            annotations[names.PVC_NAME] = copy.claim
        body = {
            "apiVersion": resources.POD_VOLUME_BACKUPS.api_version,
            "kind": resources.POD_VOLUME_BACKUPS.kind,
            "metadata": {
                "generateName": f"{meta['name'][:57]}-",
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": annotations,
                "ownerReferences": [
                    {"apiVersion": "velero.io/v1", "kind": "Backup", "name": meta["name"], "uid": meta["uid"], "controller": True}
                ],
            },
            "spec": {
                "node": copy.pod["spec"]["nodeName"],
                "pod": {"kind": "Pod", "namespace": pod["namespace"], "name": pod["name"], "uid": pod["uid"]},
                "volume": copy.volume,
                "backupStorageLocation": context.spec["storageLocation"],
                "repoIdentifier": repository,
                "uploaderType": "restic",
                "tags": tags,
            },
        }
        created = await context.cluster.create(resources.POD_VOLUME_BACKUPS, body)
        context.log.info("copying volume", volume=copy.volume, pod=f"{pod['namespace']}/{pod['name']}", pvb=created["metadata"]["name"])
        return str(created["metadata"]["name"])

    async def _wait(self, cache: watch.Cache, started: set[str]) -> None:
        meta = self._context.backup["metadata"]

        def running() -> list[str]:
            # One that is gone was deleted by somebody: it will never end, so do not wait for it.
            phases = {item["metadata"]["name"]: (item.get("status") or {}).get("phase") for item in cache.objects.values()}
            return [name for name in started if name in phases and phases[name] not in _FINISHED]

        limit = (meta.get("annotations") or {}).get(names.POD_VOLUME_TIMEOUT)
        timeout_s = durations.parse(limit).total_seconds() if limit else _TIMEOUT_S
        # A PodVolumeBackup shows up in the cache a moment after its creation.
        await cache.wait(lambda: started <= {item["metadata"]["name"] for item in cache.objects.values()}, timeout_s=30)
        if not await cache.wait(lambda: not running(), timeout_s=timeout_s):
            self._context.fail(
                "velero", f"{len(running())} volume copies did not end within {timeout_s:.0f} s: {', '.join(sorted(running()))}."
            )
        by_name = {item["metadata"]["name"]: item for item in cache.objects.values()}
        for name in sorted(started):
            self._tell(name, by_name.get(name))
        self.finished = [by_name[name] for name in sorted(started & by_name.keys())]

    def _tell(self, name: str, copy: Object | None) -> None:
        if copy is None:
            self._context.fail("velero", f"PodVolumeBackup {name} was deleted while it ran, so its volume is not in the backup.")
            return
        pod, status = copy["spec"]["pod"], copy.get("status") or {}
        if status.get("phase") != "Completed":
            self._context.fail(
                pod["namespace"],
                f"Volume {copy['spec']['volume']} of pod {pod['namespace']}/{pod['name']} is not in the backup: PodVolumeBackup {name} "
                f"{status.get('phase') or 'did not start'}: {status.get('message') or 'no message'}",
            )

    def info(self) -> list[dict[str, Any]]:
        """The volume info of the backup: what was done with each PersistentVolume."""
        by_claim = {
            (item["spec"]["pod"]["namespace"], (item["metadata"].get("annotations") or {}).get(names.PVC_NAME)): item
            for item in self.finished
        }
        return [self._volume_info(name, volume, by_claim) for name, volume in sorted(self._volumes.items())]

    def _volume_info(self, name: str, volume: Object, copies: Mapping[tuple[str, str | None], Object]) -> dict[str, Any]:
        claim = volume["claim"]
        entry: dict[str, Any] = {
            "pvcName": claim.get("name", ""),
            "pvcNamespace": claim.get("namespace", ""),
            "pvName": name,
            "snapshotDataMoved": False,
            "preserveLocalSnapshot": False,
            "skipped": False,
            "pvInfo": volume["info"],
        }
        copy = copies.get((claim.get("namespace", ""), claim.get("name", "")))
        if copy is None:
            return entry | {"skipped": True, "skippedReason": "no pod of the backup asked for a copy of its files"}
        status, spec = copy.get("status") or {}, copy["spec"]
        return entry | {
            "backupMethod": "PodVolumeBackup",
            "startTimestamp": status.get("startTimestamp"),
            "completionTimestamp": status.get("completionTimestamp"),
            "result": "succeeded" if status.get("phase") == "Completed" else "failed",
            "pvbInfo": {
                "snapshotHandle": status.get("snapshotID", ""),
                "size": (status.get("progress") or {}).get("totalBytes", 0),
                "incrementalSize": status.get("incrementalBytes", 0),
                "uploaderType": spec.get("uploaderType", ""),
                "volumeName": spec["volume"],
                "podName": spec["pod"]["name"],
                "podNamespace": spec["pod"]["namespace"],
                "nodeName": spec["node"],
                "Phase": status.get("phase", ""),
            },
        }


def _problem(name: str, known: Mapping[str, Object], mounts: set[str], devices: set[str]) -> str:
    if name not in known:
        return "the pod has no volume of this name. Correct the annotation."
    if any(known[name].get(kind) for kind in _NEVER):
        return "its kind cannot be copied as files."
    if name in devices:
        return "it is a block device, not a file system."
    if name not in mounts:
        return "no container mounts it."
    return ""
