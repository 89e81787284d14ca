"""Two real clusters with the toolkit installed, as a person would have them, and what that person looks at.

    async with labs.opened("test") as lab:           # `mtc lab up`, `mtc install` on both, MigClusters, MigStorage
        await lab.plan("shop", ["shop"])
        done = await lab.migrate("shop", "shop-final", quiescePods=True)

Everything is done with the command line and by custom resources; volumes are read from the folders of the nodes.
"""

import asyncio
import base64
import contextlib
import os
import shlex
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kit import planes, s3, trees
from mtc import store
from mtc.kube import access, resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.lab import layout, programs, state
from mtc.migration.rights import roles
from mtc.migration.scope import COMPLETED

TOOLKIT = "openshift-migration"
SECRETS_NAMESPACE = "openshift-config"
STORAGE = "repository"
KEEP = "MTC_KEEP_LAB"
_UP_S, _INSTALL_S, _DOWN_S, _KUBECTL_S = 3600.0, 420.0, 300.0, 60.0
_READY_S = 90.0
#: Generous: on a busy machine everything takes several times as long.
_MIGRATION_S = 600.0


@dataclass(frozen=True)
class Lab:
    """The clusters.

    Attributes:
        name: of the lab.
        values: its variables, as `mtc lab env` prints them.
        world: the installation; its host is the target.
    """

    name: str
    values: Mapping[str, str]
    world: planes.World

    @property
    def source(self) -> Client:
        """The cluster where applications are."""
        return self.world.remote

    @property
    def target(self) -> Client:
        """The cluster where they are to be, and where the controller runs."""
        return self.world.host

    @property
    def image(self) -> str:
        """An image with a shell, for workloads."""
        return self.values["MTC_LAB_BASE_IMAGE"]

    @property
    def records(self) -> layout.Lab:
        """Names, addresses and folders."""
        return state.require(self.name)

    def kubeconfig(self, cluster: Client) -> str:
        """The kubeconfig file of one of the clusters."""
        return self.values["MTC_LAB_SOURCE_KUBECONFIG" if cluster is self.source else "MTC_LAB_TARGET_KUBECONFIG"]

    async def kubectl(self, cluster: Client, *words: str, stdin: str | None = None, deadline_s: float = _KUBECTL_S) -> str:
        """What kubectl prints."""
        argv = [self.values["MTC_LAB_KUBECTL"], f"--kubeconfig={self.kubeconfig(cluster)}", *words]
        return await programs.run(argv, stdin=None if stdin is None else stdin.encode(), deadline_s=deadline_s)

    async def apply(self, cluster: Client, *bodies: Object) -> None:
        """Objects as a person's manifests."""
        await self.kubectl(cluster, "apply", "-f", "-", stdin=yaml.safe_dump_all(bodies), deadline_s=180)

    async def install(self, cluster: Client) -> str:
        """What `mtc install` prints; the controller gets no more rights than it needs."""
        words = ["install", "--least-privilege", "--kubeconfig", self.kubeconfig(cluster), "--image", self.values["MTC_LAB_IMAGE"]]
        return await command(*words, *(["--host"] if cluster is self.target else []), deadline_s=_INSTALL_S)

    # --- declarations -----------------------------------------------------------------------------------------------------

    async def declare(self) -> None:
        """MigClusters `host` and `remote` and the MigStorage, all of them ready."""
        token = await self.kubectl(self.source, "create", "token", "migration-controller", "-n", TOOLKIT, "--duration=24h")
        authority = yaml.safe_load(Path(self.kubeconfig(self.source)).read_bytes())["clusters"][0]["cluster"]["certificate-authority-data"]
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SECRETS_NAMESPACE}}
        spec = {
            "isHostCluster": False,
            "url": self.source.access.server,
            "caBundle": authority,
            "serviceAccountSecretRef": {"name": "remote-token", "namespace": SECRETS_NAMESPACE},
        }
        await self.apply(
            self.target,
            namespace,
            _may_read_secrets(),
            secret("remote-token", {"saToken": token.strip()}),
            body(resources.MIG_CLUSTERS, "remote", spec),
            *self.storage(STORAGE, keys=self.keys),
        )
        for kind, name in ((resources.MIG_CLUSTERS, "host"), (resources.MIG_CLUSTERS, "remote"), (resources.MIG_STORAGES, STORAGE)):
            await self.until(kind, name, planes.is_ready, timeout_s=_READY_S)

    @property
    def keys(self) -> dict[str, str]:
        """The keys of the S3 server, as the Secret of a MigStorage has them."""
        pairs = {"aws-access-key-id": "AWS_ACCESS_KEY_ID", "aws-secret-access-key": "AWS_SECRET_ACCESS_KEY"}
        return {key: self.values[name] for key, name in pairs.items()}

    @property
    def bucket(self) -> store.Store:
        """Where the plans put their backups."""
        location = store.Location(
            name="the lab's bucket",
            provider="aws",
            bucket=self.values["MTC_LAB_S3_BUCKET"],
            prefix="velero",
            config={"region": self.values["AWS_REGION"], "s3Url": self.values["MTC_LAB_S3_ENDPOINT"], "s3ForcePathStyle": "true"},
            credential=s3.credential(self.values["AWS_ACCESS_KEY_ID"], self.values["AWS_SECRET_ACCESS_KEY"]),
        )
        return store.open_location(location)

    def storage(self, name: str, *, keys: Mapping[str, str], bucket: str = "") -> list[Object]:
        """A MigStorage for a bucket, the lab's own unless it is named, and its Secret."""
        reference = {"name": f"{name}-keys", "namespace": SECRETS_NAMESPACE}
        config = {
            "awsBucketName": bucket or self.values["MTC_LAB_S3_BUCKET"],
            "awsRegion": self.values["AWS_REGION"],
            "awsS3Url": self.values["MTC_LAB_S3_ENDPOINT"],
            "credsSecretRef": reference,
        }
        snapshots = {"awsRegion": self.values["AWS_REGION"], "credsSecretRef": reference}
        spec = {
            "backupStorageProvider": "aws",
            "backupStorageConfig": config,
            "volumeSnapshotProvider": "aws",
            "volumeSnapshotConfig": snapshots,
        }
        return [secret(f"{name}-keys", keys), body(resources.MIG_STORAGES, name, spec)]

    async def plan(self, name: str, namespaces: list[str], *, storage: str = STORAGE, volumes: int | None = None, **more: Any) -> Object:
        """A MigPlan, as soon as it is ready, with so many volumes; it copies through the bucket unless more of its spec is given."""
        spec = {
            "srcMigClusterRef": reference("remote"),
            "destMigClusterRef": reference("host"),
            "migStorageRef": reference(storage),
            "namespaces": namespaces,
            "indirectVolumeMigration": True,
            "indirectImageMigration": True,
            **more,
        }
        await self.apply(self.target, body(resources.MIG_PLANS, name, spec))

        def complete(plan: Object) -> bool:
            return planes.is_ready(plan) and volumes in {None, len(plan["spec"].get("persistentVolumes") or [])}

        return await self.until(resources.MIG_PLANS, name, complete, timeout_s=_READY_S)

    async def start(self, plan: str, name: str, **spec: Any) -> Object:
        """A new MigMigration."""
        wanted = {"migPlanRef": reference(plan), "stage": False, "quiescePods": True, **spec}
        return await self.target.create(resources.MIG_MIGRATIONS, body(resources.MIG_MIGRATIONS, name, wanted))

    async def over(self, name: str, *, timeout_s: float = _MIGRATION_S) -> Object:
        """The migration when it has ended, however it ended."""
        return await self.until(resources.MIG_MIGRATIONS, name, is_over, timeout_s=timeout_s)

    async def migrate(self, plan: str, name: str, **spec: Any) -> Object:
        """A new migration when it has ended."""
        await self.start(plan, name, **spec)
        return await self.over(name)

    # --- looks ------------------------------------------------------------------------------------------------------------

    async def until(
        self, kind: ResourceType, name: str, wanted: Callable[[Object], bool], *, cluster: Client | None = None, timeout_s: float = _READY_S
    ) -> Object:
        """An object of the installation as soon as it is as wanted."""
        return await self.world.until(kind, name, wanted, cluster=cluster, timeout_s=timeout_s)

    async def until_some(
        self, cluster: Client, kind: ResourceType, wanted: Callable[[Object], bool], *, namespace: str = TOOLKIT, timeout_s: float = 300
    ) -> Object:
        """The first object of a collection that is as wanted, however short it is so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                async for event in watch.watch(cluster, kind, namespace=namespace):
                    if event.type in {"ADDED", "MODIFIED"} and wanted(event.object):
                        return event.object
        msg = f"no {kind.plural} of {namespace} on {cluster.name} became as wanted in {timeout_s:g} s"
        raise AssertionError(msg)

    async def until_running(self, cluster: Client, namespace: str, *, timeout_s: float = 240) -> None:
        """Returns when every pod of a namespace has ended well or is ready, and each workload has all of its pods."""
        await self.kubectl(
            cluster,
            "wait",
            "-n",
            namespace,
            "--for=condition=Available",
            "deploy",
            "--all",
            f"--timeout={timeout_s:.0f}s",
            deadline_s=timeout_s + 10,
        )
        for kind in (resources.STATEFUL_SETS, resources.DAEMON_SETS):
            for item in await cluster.list_all(kind, namespace=namespace):
                where = ["-n", namespace, f"{kind.plural}/{item['metadata']['name']}", f"--timeout={timeout_s:.0f}s"]
                await self.kubectl(cluster, "rollout", "status", *where, deadline_s=timeout_s + 10)

    async def folders(self, cluster: Client, namespace: str) -> dict[str, Path]:
        """The folder on this machine of each claim of a namespace that has a volume."""
        claims = await cluster.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=namespace)
        found: dict[str, Path] = {}
        for claim in (claim for claim in claims if claim["spec"].get("volumeName")):
            volume = await cluster.get(resources.PERSISTENT_VOLUMES, claim["spec"]["volumeName"])
            found[claim["metadata"]["name"]] = Path(volume["spec"]["local"]["path"])
        return found

    async def contents(self, cluster: Client, namespace: str) -> dict[str, dict[bytes, trees.Entry]]:
        """Everything on the volumes of a namespace, by claim."""
        return {claim: trees.read(folder) for claim, folder in (await self.folders(cluster, namespace)).items()}

    async def made_for(self, migration: Object) -> tuple[list[Object], list[Object]]:
        """The Backups on the source and the Restores on the target that a migration has made."""
        selector = f"migration.openshift.io/migmigration-name={migration['metadata']['name']}"
        backups = await self.source.list_all(resources.BACKUPS, namespace=TOOLKIT, label_selector=selector)
        restores = await self.target.list_all(resources.RESTORES, namespace=TOOLKIT, label_selector=selector)
        return backups, restores


@asynccontextmanager
async def opened(name: str) -> AsyncIterator[Lab]:
    """The lab of that name with the toolkit on both clusters; it goes at the end, unless MTC_KEEP_LAB is set."""
    try:
        await command("lab", "up", "--name", name, deadline_s=_UP_S)
        async with entered(name) as lab:
            async with asyncio.TaskGroup() as group:
                for cluster in (lab.source, lab.target):
                    group.create_task(lab.install(cluster))
            await lab.declare()
            yield lab
    finally:
        if not os.environ.get(KEEP):
            await command("lab", "down", "--name", name, deadline_s=_DOWN_S)


@asynccontextmanager
async def entered(name: str) -> AsyncIterator[Lab]:
    """A lab that runs, as it is."""
    values = variables(await command("lab", "env", "--name", name))
    async with (
        Client(access.from_kubeconfig(values["MTC_LAB_SOURCE_KUBECONFIG"]), name="source") as source,
        Client(access.from_kubeconfig(values["MTC_LAB_TARGET_KUBECONFIG"]), name="target") as target,
    ):
        yield Lab(name, values, planes.World(target, source, TOOLKIT))


async def command(*words: str, deadline_s: float = 60.0) -> str:
    """What the command `mtc` prints, run as a process."""
    beside = Path(sys.executable).with_name("mtc")
    program = str(beside) if beside.is_file() else shutil.which("mtc") or "mtc"
    return await programs.run([program, *words], deadline_s=deadline_s)


def variables(exports: str) -> dict[str, str]:
    """Name and value of each line of `mtc lab env`."""
    words = [shlex.split(line)[1] for line in exports.splitlines() if line]
    return dict(word.partition("=")[::2] for word in words)  # type: ignore[misc] — pairs


def unique(word: str) -> str:
    """A name that no other test and no earlier run has."""
    return f"{word}-{uuid.uuid4().hex[:5]}"


def body(kind: ResourceType, name: str, spec: Mapping[str, Any]) -> Object:
    """An object of the installation."""
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "namespace": TOOLKIT}, "spec": dict(spec)}


def _may_read_secrets() -> Object:
    """What least privilege leaves to the person who keeps credentials in a namespace of their own."""
    account: list[Object] = [{"kind": "ServiceAccount", "name": "migration-controller", "namespace": TOOLKIT}]
    return roles.binding("RoleBinding", "controller", "ClusterRole", "openshift-migration-secrets", account, namespace=SECRETS_NAMESPACE)


def secret(name: str, values: Mapping[str, str]) -> Object:
    """A Secret as a person makes it for the toolkit."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    meta = {"name": name, "namespace": SECRETS_NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data}


def reference(name: str) -> dict[str, str]:
    """A reference to an object of the installation."""
    return {"name": name, "namespace": TOOLKIT}


def phase(item: Object) -> str:
    """`status.phase`."""
    return str((item.get("status") or {}).get("phase") or "")


def is_over(migration: Object) -> bool:
    """Whether a migration has ended."""
    return phase(migration) == COMPLETED


def succeeded(migration: Object) -> bool:
    """Whether a migration says that everything arrived, and nothing else."""
    found = planes.found(migration)
    return "Succeeded" in found and not found.keys() & {"Failed", "SucceededWithWarnings"}


def differences(expected: Mapping[str, dict[bytes, trees.Entry]], found: Mapping[str, dict[bytes, trees.Entry]]) -> list[str]:
    """What is not the same on the volumes, a line each."""
    told = [f"claim {name} is only on one side" for name in sorted(expected.keys() ^ found.keys())]
    for name in sorted(expected.keys() & found.keys()):
        told += [f"{name}: {line}" for line in trees.differences(expected[name], found[name])]
    return told
