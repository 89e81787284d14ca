"""Has the volumes of restored pods filled: one PodVolumeRestore for each volume with data, all at once.

The pods wait in their init container meanwhile. PodVolumeRestores that an interrupted run made are used again.
"""

import asyncio
from typing import Any

from mtc.api import durations, names
from mtc.engine import repositories
from mtc.engine.errors import EngineError
from mtc.engine.restore.context import Context
from mtc.kube import errors, resources, watch
from mtc.kube.client import Object

_FINISHED = frozenset({"Completed", "Failed", "Canceled"})
#: Velero's limits for the data and for a pod to get on a node.
_TIMEOUT_S = 4 * 3600.0
_START_TIMEOUT_S = 600.0
#: Makes the node agent remove what the snapshot does not have: only for volumes that the same plan made.
DELETE_EXTRA = "DeleteExtraFiles"


class VolumeRestores:
    """The volume restores of one run. `run` and `add_pod` go on side by side; call `no_more_pods` when all are known."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pods: asyncio.Queue[tuple[Object, str] | None] = asyncio.Queue()
        self._started: dict[str, Object] = {}
        self._given: set[tuple[str, str]] = set()
        self._sources: dict[tuple[str, str], str] = {}
        self._repositories: dict[str, str] = {}
        self.finished: list[Object] = []
        self.failed = 0

    def add_pod(self, pod: Object, *, source: str) -> None:
        """Tells of a restored pod, and of the namespace that it was in."""
        self._pods.put_nowait((pod, source))

    def no_more_pods(self) -> None:
        """All pods are known."""
        self._pods.put_nowait(None)

    async def run(self) -> None:
        """Makes the PodVolumeRestores and waits until all have ended; failures become errors of the restore."""
        context, meta = self._context, self._context.restore["metadata"]
        if not context.copies:
            return
        selector = f"{names.RESTORE_UID}={meta['uid']}"
        cache = watch.Cache(context.cluster, resources.POD_VOLUME_RESTORES, namespace=meta["namespace"], label_selector=selector)
        follower = asyncio.create_task(cache.run())
        try:
            await cache.wait(lambda: True, timeout_s=60)
            existing = {(item["spec"]["pod"].get("uid"), item["spec"]["volume"]): item for item in cache.objects.values()}
            while (told := await self._pods.get()) is not None:
                await self._start(*told, existing)
            await self._wait(cache)
        finally:
            follower.cancel()

    async def _start(self, pod: Object, source: str, existing: dict[Any, Object]) -> None:
        context, meta = self._context, pod["metadata"]
        present = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
        saved = (meta.get("annotations") or {}).get(names.STAGE_POD_OF) or meta["name"]
        for copy in context.copies.get((source, saved), []):
            volume = copy["spec"]["volume"]
            if volume not in present:
                continue
            key = meta["uid"], volume
            if key in self._given:
                continue  # two snapshots in one volume would be neither
            self._given.add(key)
            claim = (present[volume].get("persistentVolumeClaim") or {}).get("claimName")
            if claim and (first := self._sources.setdefault((meta["namespace"], claim), source)) != source:
                self.failed += 1
                context.fail(
                    meta["namespace"],
                    f"Volume {volume} of pod {source}/{saved} was not filled: its claim is that of namespace {first}, which goes to the same namespace.",
                )
                continue
            try:
                made = existing.get(key) or await self._create(pod, present[volume], copy, source)
            except (errors.KubeError, EngineError) as error:
                self.failed += 1
                context.fail(meta["namespace"], f"Volume {volume} of pod {meta['namespace']}/{meta['name']} was not filled: {error}")
                continue
            self._started[made["metadata"]["name"]] = made

    async def _create(self, pod: Object, volume: Object, copy: Object, source: str) -> Object:
        context, meta, own = self._context, pod["metadata"], self._context.restore["metadata"]
        location = context.backup["spec"]["storageLocation"]
        if source not in self._repositories:
            self._repositories[source] = await repositories.ensure(
                context.cluster, namespace=own["namespace"], volume_namespace=source, location=location
            )
        labels = {names.RESTORE_NAME: names.label_value(own["name"]), names.RESTORE_UID: own["uid"], names.POD_UID: meta["uid"]}
        settings: dict[str, str] = {}
        claim_name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim_name:
            claim = await context.cluster.get(resources.PERSISTENT_VOLUME_CLAIMS, claim_name, namespace=meta["namespace"])
            labels[names.PVC_UID] = claim["metadata"]["uid"]
            plan = (own.get("labels") or {}).get(names.MIGRATED_BY_MIGPLAN)
            if plan and (claim["metadata"].get("labels") or {}).get(names.MIGRATED_BY_MIGPLAN) == plan:
                settings[DELETE_EXTRA] = "true"
        body = {
            "apiVersion": resources.POD_VOLUME_RESTORES.api_version,
            "kind": resources.POD_VOLUME_RESTORES.kind,
            "metadata": {
                "generateName": f"{own['name'][:57]}-",
                "namespace": own["namespace"],
                "labels": labels,
                "ownerReferences": [
                    {"apiVersion": "velero.io/v1", "kind": "Restore", "name": own["name"], "uid": own["uid"], "controller": True}
                ],
            },
            "spec": {
                "pod": {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]},
                "volume": volume["name"],
                "backupStorageLocation": location,
                "repoIdentifier": self._repositories[source],
                "uploaderType": copy["spec"].get("uploaderType") or "restic",
                "snapshotID": (copy.get("status") or {}).get("snapshotID", ""),
                "sourceNamespace": source,
                "uploaderSettings": settings,
            },
        }
        context.log.info("filling volume", volume=volume["name"], pod=f"{meta['namespace']}/{meta['name']}")
        return await context.cluster.create(resources.POD_VOLUME_RESTORES, body)

    async def _wait(self, cache: watch.Cache) -> None:
        def status(name: str) -> dict[str, Any]:
            own = self._context.restore["metadata"]["namespace"]
            return (cache.objects.get(f"{own}/{name}") or {}).get("status") or {}

        def waiting() -> list[str]:
            # One that waits for its turn on the node is Accepted: the time for that is the time for the data.
            return [name for name in self._started if status(name).get("phase") in {None, "", "New"}]

        def running() -> list[str]:
            return [name for name in self._started if status(name).get("phase") not in _FINISHED]

        limit = (self._context.restore["metadata"].get("annotations") or {}).get(names.POD_VOLUME_TIMEOUT)
        if not await cache.wait(lambda: not waiting(), timeout_s=_START_TIMEOUT_S):
            for name in waiting():
                await self._tell_waiting(name)
        await cache.wait(
            lambda: not set(running()) - set(waiting()), timeout_s=durations.parse(limit).total_seconds() if limit else _TIMEOUT_S
        )
        for name, made in sorted(self._started.items()):
            self._tell(made, status(name))
        own = self._context.restore["metadata"]["namespace"]
        self.finished = [cache.objects[f"{own}/{name}"] for name in sorted(self._started) if f"{own}/{name}" in cache.objects]

    async def _tell_waiting(self, name: str) -> None:
        pod = self._started[name]["spec"]["pod"]
        live = await self._context.cluster.find(resources.PODS, pod["name"], namespace=pod["namespace"])
        conditions = ((live or {}).get("status") or {}).get("conditions") or []
        reasons = [
            f"{item.get('reason')}: {item.get('message')}" for item in conditions if item.get("status") == "False" and item.get("message")
        ]
        self._context.log.write(
            "error", "a volume restore did not start", pod=f"{pod['namespace']}/{pod['name']}", pod_says="; ".join(reasons)
        )

    def _tell(self, made: Object, status: dict[str, Any]) -> None:
        if status.get("phase") == "Completed":
            return
        self.failed += 1
        pod, volume = made["spec"]["pod"], made["spec"]["volume"]
        self._context.fail(
            pod["namespace"],
            f"Volume {volume} of pod {pod['namespace']}/{pod['name']} was not filled: PodVolumeRestore {made['metadata']['name']} "
            f"{status.get('phase') or 'never started; see the events of the pod'}: {status.get('message') or 'no message'}",
        )

    def info(self) -> list[dict[str, Any]]:
        """The volume info of the restore."""
        return [
            {
                "pvcName": "",
                "pvcNamespace": item["spec"]["pod"]["namespace"],
                "pvName": "",
                "restoreMethod": "PodVolumeRestore",
                "snapshotDataMoved": False,
                "pvrInfo": {
                    "snapshotHandle": item["spec"].get("snapshotID", ""),
                    "size": ((item.get("status") or {}).get("progress") or {}).get("totalBytes", 0),
                    "uploaderType": item["spec"].get("uploaderType", ""),
                    "volumeName": item["spec"]["volume"],
                    "podName": item["spec"]["pod"]["name"],
                    "podNamespace": item["spec"]["pod"]["namespace"],
                },
            }
            for item in self.finished
        ]
