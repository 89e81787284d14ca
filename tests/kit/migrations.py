"""Two clusters with an application between them, and somebody who plays the engine, the kubelet and the plan controller.

Their part is played where the real ones meet the migration: in the status of Backup, Restore, PodVolumeBackup,
PodVolumeRestore, BackupStorageLocation, MigPlan and Pod. Nothing of the migration itself is replaced.

    async with migrations.stage(host, remote) as world:
        await world.migrate("final", quiescePods=True)
        done = await world.until_over("final")
"""

import asyncio
import gzip
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit import claims, planes
from mtc import store
from mtc.api import base, names, proof
from mtc.engine import layout
from mtc.engine.storage_locations import SYNC_REQUESTED
from mtc.kube import access, codec, errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration.errors import ClusterNotFound
from mtc.migration.runner import Runner, utc_now
from mtc.migration.scope import COMPLETED
from mtc.migration.settings import Live, Settings
from mtc.operator import engine
from mtc.operator.loop import Loop, Ref

_numbers = itertools.count(1)
STAGE_IMAGE = "registry.example/mtc:1"


def now() -> str:
    """The time as Kubernetes writes it."""
    return base.format_time(utc_now())


@dataclass
class Clusters:
    """The clusters by the names of their MigClusters; `gone` lists those that were removed."""

    host: Client
    remote: Client
    gone: set[str] = field(default_factory=set)

    async def get(self, ref: base.Ref) -> Client:
        """A client for a MigCluster."""
        if ref.name in self.gone:
            msg = f"MigCluster {ref} does not exist."
            raise ClusterNotFound(msg)
        return {"host": self.host, "remote": self.remote}[ref.name]

    def is_current(self, ref: base.Ref, client: Client) -> bool:
        """Whether the client is still the one for a MigCluster."""
        return ref.name not in self.gone and client in {self.host, self.remote}


@dataclass
class Engine:
    """How the engine behaves; tests change it.

    Attributes:
        ends: the phase with which a Backup or Restore ends, by the last word of its name (initial, stage, final).
        volumes: the phase with which a volume object ends, by its claim or volume.
        holds: words of Backups and Restores that never end; with " restore" behind it only the Restore is meant.
        runs_pods: whether stage pods run.
        status: more of the status of a Backup or Restore, by the same word.
        notes: annotations that a Restore has at its end, by the same word.
        brings: names of ConfigMaps that the final Restore makes in the target.
        claims: whether the stage Backup has the claims in its archive, and the stage Restore makes them.
        saves: the objects that the initial Backup has in its archive, by group resource.
        proofs: files that a node agent finds different, by claim; a claim with "silent" is filled by one that never compares, one with
            "error" by one that cannot, with "late" by one that does not answer yet.
    """

    ends: dict[str, str] = field(default_factory=dict)
    volumes: dict[str, str] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    status: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, dict[str, str]] = field(default_factory=dict)
    brings: set[str] = field(default_factory=set)
    claims: bool = False
    saves: list[tuple[str, Object]] = field(default_factory=list)
    proofs: dict[str, str] = field(default_factory=dict)
    runs_pods: bool = True
    location: dict[str, Any] = field(default_factory=lambda: {"phase": "Available"})


def _marks(restore: Object) -> dict[str, str]:
    """The labels of what a Restore makes."""
    return {key: restore["metadata"]["labels"][key] for key in (names.MIGRATED_BY_MIGMIGRATION, names.MIGRATED_BY_MIGPLAN)}


def word(item: Object) -> str:
    """initial, stage or final."""
    return str(item["metadata"]["name"]).split("-")[-2]


@dataclass
class World:
    """The stage on which a story plays.

    Attributes:
        host, remote: target and source.
        namespace: of the toolkit, on both.
        app: of the application.
        clusters: where the runner gets its clients.
        engine: how the engine behaves.
        limit: how many migrations run side by side.
        bucket: the folder that is the plans' bucket, where a story looks into it.
        settings: of the controller.
    """

    host: Client
    remote: Client
    namespace: str
    app: str
    clusters: Clusters
    engine: Engine = field(default_factory=Engine)
    limit: int = 20
    bucket: Path | None = None
    settings: Live = field(default_factory=Live)
    plan_uid: str = ""
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def settings_now(self) -> Settings:
        """What the controller goes by."""
        return self.settings.current.model_copy(update={"migration_limit": self.limit})

    @property
    def is_one_cluster(self) -> bool:
        """Whether everything plays in one cluster."""
        return self.host is self.remote

    @property
    def distinct(self) -> list[Client]:
        """The clusters, each once."""
        return [self.host] if self.is_one_cluster else [self.host, self.remote]

    # --- what a person does ---------------------------------------------------------------------------------------------

    async def make(self, cluster: Client, kind: ResourceType, name: str, *, namespace: str = "", **content: Any) -> Object:
        """Creates an object."""
        meta = {"name": name, **content.pop("metadata", {})}
        if kind.namespaced:
            meta["namespace"] = namespace or self.app
        return await cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **content})

    async def declare(self, *, volumes: list[str], mapping: str = "", **spec: Any) -> None:
        """The clusters, and a plan `shop`; `claim:other` gives a claim another name."""
        for name in ("host",) if self.is_one_cluster else ("host", "remote"):
            await self.make(self.host, resources.MIG_CLUSTERS, name, namespace=self.namespace, spec={"isHostCluster": name == "host"})
        self.plan_uid = await self.plan("shop", volumes=volumes, mapping=mapping, **spec)

    async def plan(self, name: str, *, volumes: Iterable[str] = (), mapping: str = "", **spec: Any) -> str:
        """A plan that is ready, with locations on both clusters; its UID."""
        reference = {"namespace": self.namespace}
        entries = [
            {
                "name": f"{self.app}-{claim.partition(':')[0]}",
                "capacity": "1Gi",
                "supported": {"actions": ["copy", "skip"], "copyMethods": ["filesystem"]},
                "selection": {"action": "copy", "copyMethod": "filesystem", "storageClass": "fast"},
                "pvc": {"namespace": self.app, "name": claim, "accessModes": ["ReadWriteOnce"], "hasReference": True},
            }
            for claim in volumes
        ]
        plan = await self.make(
            self.host,
            resources.MIG_PLANS,
            name,
            namespace=self.namespace,
            spec={
                "namespaces": [f"{self.app}:{mapping}" if mapping else self.app],
                "srcMigClusterRef": {"name": "host" if self.is_one_cluster else "remote", **reference},
                "destMigClusterRef": {"name": "host", **reference},
                "indirectVolumeMigration": True,
                "persistentVolumes": entries,
                **spec,
            },
            status={"conditions": [ready()], "excludedResources": ["events", "imagetags"]},
        )
        uid = str(plan["metadata"]["uid"])
        labels = names.correlation_labels("MigPlan", uid)
        for cluster in self.distinct:
            for kind, location in (
                (resources.BACKUP_STORAGE_LOCATIONS, "repo-abcde" if name == "shop" else f"repo-{name}"),
                (resources.VOLUME_SNAPSHOT_LOCATIONS, f"repo-{uid}"),
            ):
                content: dict[str, Any] = {"spec": {"provider": "memory", "objectStorage": {"bucket": self.app}}}
                if self.bucket:
                    content = {"spec": {"provider": "local", "objectStorage": {"bucket": str(self.bucket)}}}
                if kind == resources.VOLUME_SNAPSHOT_LOCATIONS:
                    content = {"spec": {"provider": "aws"}}
                await self.make(cluster, kind, location, namespace=self.namespace, metadata={"labels": labels}, **content)
        return uid

    async def volume(self, claim: str, **metadata: Any) -> None:
        """A claim of the application, bound to a volume."""
        name, size = f"{self.app}-{claim}", {"storage": "1Gi"}
        volume = {
            "capacity": size,
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "",
            "hostPath": {"path": f"/nowhere/{name}"},
            "claimRef": {"namespace": self.app, "name": claim},
        }
        await self.make(self.remote, resources.PERSISTENT_VOLUMES, name, spec=volume)
        spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": size}, "volumeName": name}
        await self.make(self.remote, resources.PERSISTENT_VOLUME_CLAIMS, claim, spec=spec, metadata=metadata)
        await self.until(
            self.remote,
            resources.PERSISTENT_VOLUME_CLAIMS,
            claim,
            lambda item: item.get("status", {}).get("phase") == "Bound",
            namespace=self.app,
        )

    async def deployment(self, name: str, *, claims: list[str], replicas: int = 2, **spec: Any) -> None:
        """A Deployment of the application."""
        volumes = [{"name": f"v-{claim}", "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
        mounts = [{"name": f"v-{claim}", "mountPath": f"/data/{claim}"} for claim in claims]
        container = {"name": "app", "image": "registry.example/app:1", "volumeMounts": mounts}
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], "volumes": volumes}}
        body = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
        await self.make(self.remote, resources.DEPLOYMENTS, name, spec=body)
        if replicas and spec.get("paused") is not True:
            await self.until_list(self.remote, resources.PODS, lambda pods: len(pods) >= replicas, label_selector=f"app={name}")

    async def migrate(self, name: str, *, plan: str = "shop", **spec: Any) -> Object:
        """Starts a migration."""
        reference = {"name": plan, "namespace": self.namespace}
        content = {"spec": {"migPlanRef": reference, "stage": False, **spec}}
        return await self.make(self.host, resources.MIG_MIGRATIONS, name, namespace=self.namespace, **content)

    # --- what is seen -----------------------------------------------------------------------------------------------------

    async def until(
        self,
        cluster: Client,
        kind: ResourceType,
        name: str,
        wanted: Callable[[Object], bool],
        *,
        namespace: str = "",
        timeout_s: float = 30,
    ) -> Object:
        """The object as soon as it is as wanted."""
        world = planes.World(cluster, cluster, namespace or self.namespace)
        return await world.until(kind, name, wanted, cluster=cluster, timeout_s=timeout_s)

    async def until_list(
        self,
        cluster: Client,
        kind: ResourceType,
        wanted: Callable[[list[Object]], bool],
        *,
        label_selector: str = "",
        timeout_s: float = 30,
    ) -> list[Object]:
        """The objects of the application's namespace as soon as they are as wanted."""
        world = planes.World(cluster, cluster, self.app)
        return await world.until_list(kind, wanted, cluster=cluster, label_selector=label_selector, timeout_s=timeout_s)

    async def until_over(self, name: str, *, timeout_s: float = 60) -> Object:
        """The migration when it has ended."""
        return await self.until(self.host, resources.MIG_MIGRATIONS, name, lambda item: phase(item) == COMPLETED, timeout_s=timeout_s)

    async def until_phase(self, name: str, wanted: str, *, timeout_s: float = 30) -> Object:
        """The migration when it is in a phase."""
        return await self.until(self.host, resources.MIG_MIGRATIONS, name, lambda item: phase(item) == wanted, timeout_s=timeout_s)

    async def until_shows(self, name: str, condition: str, *, timeout_s: float = 30) -> Object:
        """The migration when it shows a condition."""
        return await self.until(self.host, resources.MIG_MIGRATIONS, name, planes.shows(condition), timeout_s=timeout_s)

    async def list(self, cluster: Client, kind: ResourceType, *, namespace: str = "") -> list[Object]:
        """Objects of the toolkit's namespace, oldest first."""
        found = await cluster.list_all(kind, namespace=namespace or self.namespace)
        return sorted(found, key=lambda item: (item["metadata"]["creationTimestamp"], item["metadata"]["name"]))

    # --- the others' parts --------------------------------------------------------------------------------------------------

    async def play(self, *, is_engine_real: bool = False) -> None:
        """Plays engine, kubelet and plan controller until cancelled; or starts real engines, which share the memory of this process."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(self.host, resources.MIG_PLANS, self._refresh))
            for cluster in self.distinct:
                group.create_task(self._follow(cluster, resources.PODS, self._run_pod, namespace=None))
                if is_engine_real:
                    group.create_task(engine.run(cluster, namespace=self.namespace, helper_image=STAGE_IMAGE, concurrency=4))
                else:
                    group.create_task(self._follow(cluster, resources.BACKUP_STORAGE_LOCATIONS, self._validate))
            if is_engine_real:
                return
            group.create_task(self._follow(self.remote, resources.BACKUPS, self._back_up))
            group.create_task(self._follow(self.host, resources.RESTORES, self._restore))
            group.create_task(self._follow(self.host, resources.POD_VOLUME_RESTORES, self._prove))
            group.create_task(self._follow(self.remote, resources.DELETE_BACKUP_REQUESTS, self._delete_backup))

    async def _follow(
        self, cluster: Client, kind: ResourceType, act: Callable[[Client, Object], Any], *, namespace: str | None = ""
    ) -> None:
        async for event in watch.watch(cluster, kind, namespace=self.namespace if namespace == "" else namespace):
            if event.type in {"ADDED", "MODIFIED"}:
                # The object may have changed or gone meanwhile.
                with suppress(errors.Conflict, errors.NotFound, errors.AlreadyExists):
                    await act(cluster, event.object)

    async def _refresh(self, cluster: Client, plan: Object) -> None:
        if plan["spec"].get("refresh"):
            await self._patch(cluster, resources.MIG_PLANS, plan, {"spec": {"refresh": False}})

    async def _validate(self, cluster: Client, location: Object) -> None:
        seen = (location["metadata"].get("annotations") or {}).get(SYNC_REQUESTED, "")
        if self.seen.get(cluster.name) == (seen, self.engine.location["phase"]):
            return
        self.seen[cluster.name] = (seen, self.engine.location["phase"])
        fresh = {"lastValidationTime": f"2026-01-01T00:00:{next(_numbers) % 60:02}Z", **self.engine.location}
        await self._patch(cluster, resources.BACKUP_STORAGE_LOCATIONS, location, {"status": fresh})
        if cluster is self.host:
            await self._sync()

    async def _sync(self) -> None:
        for backup in await self.list(self.remote, resources.BACKUPS):
            if phase(backup) in {"Completed", "PartiallyFailed"}:
                meta = {key: backup["metadata"][key] for key in ("name", "labels", "annotations")}
                with suppress(errors.AlreadyExists):
                    await self.make(
                        self.host, resources.BACKUPS, meta.pop("name"), namespace=self.namespace, metadata=meta, spec=backup["spec"],
                        status=backup["status"],
                    )  # fmt: skip

    async def _back_up(self, cluster: Client, backup: Object) -> None:
        if phase(backup):
            return
        if word(backup) == "stage":
            await self._save_volumes(backup)
        saved = self.engine.saves if word(backup) != "stage" else await claims.marked(cluster, backup) if self.engine.claims else []
        await claims.write(self.store, backup["metadata"]["name"], saved)
        if word(backup) not in self.engine.holds:
            await self._end(cluster, resources.BACKUPS, backup)

    @property
    def store(self) -> store.Store:
        """What the bucket holds."""
        if self.bucket:
            return store.open_location(store.Location(name="local", provider="local", bucket=str(self.bucket)))
        return store.open_location(store.Location(name="memory", provider="memory", bucket=self.app))

    async def _save_volumes(self, backup: Object) -> None:
        label = backup["spec"]["labelSelector"]["matchLabels"][names.INCLUDED_IN_STAGE_BACKUP]
        for pod in await self.remote.list_all(resources.PODS, label_selector=f"{names.INCLUDED_IN_STAGE_BACKUP}={label}"):
            wanted = ((pod["metadata"].get("annotations") or {}).get(names.BACKUP_VOLUMES) or "").split(",")
            for volume in pod["spec"]["volumes"]:
                if volume["name"] in wanted and phase(pod) == "Running":
                    await self._save(backup, pod, volume["name"], volume["persistentVolumeClaim"]["claimName"])

    async def _save(self, backup: Object, pod: Object, volume: str, claim: str) -> None:
        ends = self.engine.volumes.get(claim, "Completed")
        meta = backup["metadata"]
        labels = {names.BACKUP_NAME: names.label_value(meta["name"]), names.BACKUP_UID: meta["uid"]}
        owner = {"apiVersion": "velero.io/v1", "kind": "Backup", "name": meta["name"], "uid": meta["uid"], "controller": True}
        target = {"kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
        status: dict[str, Any] = {"phase": ends, "startTimestamp": now(), "completionTimestamp": now()}
        if ends == "Completed":
            self._store(layout.restic_config(self.app))
            self._store(f"{layout.restic_keys(self.app)}key")
            self._store(f"{layout.restic_snapshots(self.app)}id-{claim}-of-{meta['name']}")
            status |= {"snapshotID": f"id-{claim}-of-{meta['name']}", "progress": {"totalBytes": 12_340_000, "bytesDone": 12_340_000}}
        else:
            status["message"] = "no space left on device"
        spec = {
            "node": "n",
            "pod": target,
            "volume": volume,
            "backupStorageLocation": "repo-abcde",
            "repoIdentifier": "r",
            "uploaderType": "restic",
        }
        content = {
            "spec": spec,
            "status": status,
            "metadata": {"labels": labels, "annotations": {names.PVC_NAME: claim}, "ownerReferences": [owner]},
        }
        await self.make(self.remote, resources.POD_VOLUME_BACKUPS, f"{meta['name']}-{claim}", namespace=self.namespace, **content)

    async def _restore(self, cluster: Client, restore: Object) -> None:
        if phase(restore):
            return
        if word(restore) == "stage":
            if self.engine.claims:
                await claims.bring(self.host, restore, self.store)
            for saved in await self.list(self.remote, resources.POD_VOLUME_BACKUPS):
                if saved["metadata"]["labels"][names.BACKUP_NAME] == names.label_value(restore["spec"]["backupName"]):
                    await self._bring(restore, saved)
        for name in self.engine.brings if word(restore) == "final" else ():
            await self.make(self.host, resources.CONFIG_MAPS, name, metadata={"labels": _marks(restore)})
        if not {word(restore), f"{word(restore)} restore"} & self.engine.holds:
            await self._end(cluster, resources.RESTORES, restore)

    async def _delete_backup(self, cluster: Client, request: Object) -> None:
        for kind, name in (
            (resources.BACKUPS, request["spec"]["backupName"]),
            (resources.DELETE_BACKUP_REQUESTS, request["metadata"]["name"]),
        ):
            await cluster.delete(kind, name, namespace=self.namespace)

    async def _bring(self, restore: Object, saved: Object) -> None:
        claim = saved["metadata"]["annotations"][names.PVC_NAME]
        ends = self.engine.volumes.get(f"{claim} back", "Completed")
        labels = {names.RESTORE_NAME: names.label_value(restore["metadata"]["name"])}
        marks = {} if self.engine.proofs.get(claim) == "silent" else {names.PROVABLE: "true", "claim": claim}
        status = {"phase": ends, "progress": {"totalBytes": 12_340_000, "bytesDone": 12_340_000}, "startTimestamp": now()}
        spec = {key: saved["spec"][key] for key in ("pod", "volume", "backupStorageLocation", "repoIdentifier", "uploaderType")}
        spec |= {"snapshotID": saved["status"].get("snapshotID", ""), "sourceNamespace": self.app}
        content = {"spec": spec, "status": status, "metadata": {"labels": labels, "annotations": marks}}
        await self.make(
            self.host, resources.POD_VOLUME_RESTORES, f"{restore['metadata']['name']}-{claim}", namespace=self.namespace, **content
        )
        if self.is_one_cluster:
            await self._bring_claim(restore, saved)
        elif ends == "Completed":
            await self._have_claim(restore, claim)

    async def _bring_claim(self, restore: Object, saved: Object) -> None:
        """The claim under its new name, and the pod that holds it, in the namespace of the old one."""
        meta = restore["metadata"]
        labels = _marks(restore)
        claim, pod = saved["metadata"]["annotations"][names.PVC_NAME], saved["spec"]["pod"]["name"]
        new = codec.loads(meta["annotations"][names.CLAIM_NAMES])[f"{self.app}/{claim}"]
        spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}}
        spec["volumeName"] = f"{self.app}-{new}-copy"
        sleeping = {"containers": [{"name": "sleep", "image": STAGE_IMAGE}], "terminationGracePeriodSeconds": 0}
        marks = {names.IS_STAGE_POD: names.TRUE, "migmigration": meta["labels"]["migmigration"], **labels}
        with suppress(errors.AlreadyExists):
            await self.make(self.host, resources.PERSISTENT_VOLUME_CLAIMS, new, spec=spec, metadata={"labels": labels})
        with suppress(errors.AlreadyExists):
            notes = {names.STAGE_POD_OF: pod}
            await self.make(self.host, resources.PODS, f"{pod}-copy", spec=sleeping, metadata={"labels": marks, "annotations": notes})

    async def _have_claim(self, restore: Object, claim: str) -> None:
        """A claim without anything in it, where nobody asks what it looks like."""
        meta, spec = restore["metadata"], {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        spec |= {"volumeName": f"{self.app}-{claim}-copy"}
        labels = _marks(restore)
        space = (restore["spec"].get("namespaceMapping") or {}).get(self.app, self.app)
        name = codec.loads(meta["annotations"].get(names.CLAIM_NAMES) or "{}").get(f"{self.app}/{claim}", claim)
        with suppress(errors.AlreadyExists):
            await planes.make_namespace(self.host, space)
        with suppress(errors.AlreadyExists):
            await self.make(self.host, resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=space, spec=spec, metadata={"labels": labels})

    def _store(self, key: str) -> None:
        """A file in the bucket."""
        if self.bucket and not (self.bucket / key).exists():
            (self.bucket / key).parent.mkdir(parents=True, exist_ok=True)
            (self.bucket / key).write_bytes(b"content")

    async def end_all(self, cluster: Client, kind: ResourceType, of: str) -> None:
        """Ends the Backups or Restores of a word that were held."""
        for item in await self.list(cluster, kind):
            if word(item) == of:
                await self._end(cluster, kind, item)

    async def _prove(self, cluster: Client, item: Object) -> None:
        """A node agent compares a volume."""
        marks = item["metadata"].get("annotations") or {}
        request = marks.get(names.PROVE)
        if not request or proof.read_answer(marks.get(names.PROOF), request):
            return
        claim, file = marks["claim"], self.engine.proofs.get(marks["claim"], "")
        if file == "late":
            return
        answer = proof.VolumeAnswer(request=request, compared=file != "error", claim=f"{self.app}/{claim}", files=3, content_bytes=12)
        if file == "error":
            answer.message = "The volume could not be compared: lost: Input/output error."
        elif file:
            answer.differences, answer.first = 1, [proof.FileDifference(path=file, what=["content differs"])]
            line = {"result": "different", "volume": answer.claim, "path": file, "what": ["content differs"]}
            await self.store.put(request, gzip.compress(codec.dumps(line) + b"\n"))
        await self._patch(cluster, resources.POD_VOLUME_RESTORES, item, {"metadata": {"annotations": {names.PROOF: answer.to_json()}}})

    async def _end(self, cluster: Client, kind: ResourceType, item: Object) -> None:
        if kind == resources.BACKUPS:
            files = layout.BackupFiles(item["metadata"]["name"])
            self._store(files.contents)
            self._store(files.metadata)
        status = {"phase": self.engine.ends.get(word(item), "Completed"), "startTimestamp": now(), "completionTimestamp": now()}
        notes = self.engine.notes.get(word(item), {}) if kind == resources.RESTORES else {}
        body = {"metadata": {"annotations": notes}, "status": {**status, **self.engine.status.get(word(item), {})}}
        await self._patch(cluster, kind, item, body)

    async def _run_pod(self, cluster: Client, pod: Object) -> None:
        """Runs our own stage pods; an application's pods stay Pending unless a test runs them."""
        labels = pod["metadata"].get("labels") or {}
        if (
            self.engine.runs_pods
            and names.IS_STAGE_POD in labels
            and phase(pod) == "Pending"
            and not pod["metadata"].get("deletionTimestamp")
        ):
            await run_pod(cluster, pod)

    async def end(self, cluster: Client, kind: ResourceType, item: Object) -> None:
        """Ends a Backup or Restore that was held."""
        await self._end(cluster, kind, item)

    async def _patch(self, cluster: Client, kind: ResourceType, item: Object, body: Object) -> None:
        await cluster.patch(kind, item["metadata"]["name"], body, namespace=item["metadata"]["namespace"])


async def run_pod(cluster: Client, pod: Object) -> None:
    """Says what a kubelet would say of a running pod."""
    meta = pod["metadata"]
    await cluster.patch(resources.PODS, meta["name"], {"status": {"phase": "Running"}}, namespace=meta["namespace"], subresource="status")


def ready() -> Object:
    """The Ready condition."""
    return {"type": "Ready", "status": "True", "category": "Required", "lastTransitionTime": now(), "message": "ready"}


def phase(item: Object) -> str:
    """The phase of any object."""
    return str((item.get("status") or {}).get("phase") or "")


@asynccontextmanager
async def stage(host: Client, remote: Client, *, bucket: Path | None = None, is_engine_real: bool = False) -> AsyncIterator[World]:
    """Namespaces of its own on both clusters, or on the one that both are, with the others' parts played; no runner yet.

    Args:
        host: the target.
        remote: the source.
        bucket: a folder that takes the place of the bucket.
        is_engine_real: whether real engines work in place of a played one.
    """
    number = next(_numbers)
    world = World(host, remote, f"toolkit-{number}", f"app-{number}", Clusters(host, remote), bucket=bucket)
    for cluster in world.distinct:
        await planes.make_namespace(cluster, world.namespace)
        settings = {"STAGE_IMAGE": STAGE_IMAGE}
        await world.make(cluster, resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, namespace=world.namespace, data=settings)
    await planes.make_namespace(remote, world.app)
    await world.until(remote, resources.SERVICE_ACCOUNTS, "default", bool, namespace=world.app)
    async with AsyncExitStack() as stack:
        # The controller may do what migrations need; all others may do everything.
        for cluster in world.distinct:
            found = await planes.needful_token(cluster, world.namespace, "controller", host=cluster is host)
            way = access.from_token(cluster.access.server, found, insecure=True)
            client = await stack.enter_async_context(Client(way, name=cluster.name))
            for name in ("host", "remote") if world.is_one_cluster else ("host",) if cluster is host else ("remote",):
                setattr(world.clusters, name, client)
        playing = asyncio.create_task(world.play(is_engine_real=is_engine_real))
        try:
            yield world
        finally:
            playing.cancel()
            await asyncio.wait([playing])
            assert playing.cancelled(), playing.exception()


@asynccontextmanager
async def running(world: World) -> AsyncIterator[Runner]:
    """A controller process that steps migrations, as the real one does."""

    async def step(ref: Ref) -> float | None:
        return await runner.step(ref)

    loop = Loop(world.clusters.host, resources.MIG_MIGRATIONS, step, namespace=world.namespace)
    runner = Runner(
        clusters=world.clusters,
        namespace=world.namespace,
        wake=loop.wake,
        settings=lambda: world.settings_now,
    )
    tasks = [asyncio.create_task(loop.run()), asyncio.create_task(runner.run())]
    try:
        yield runner
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks), [task.exception() for task in tasks if not task.cancelled()]
