"""Two real control planes, a real S3 server, and a controller between them, for stories about declarations and migrations.

async with planes.installation(host, remote) as world:     # namespaces of its own on both clusters, controller running
await world.declare(...)
plan = await world.until(resources.MIG_PLANS, "shop", planes.is_ready)
"""

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit import leaks, permits
from kit.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from mtc import store
from mtc.api import conditions, crd, names, registry
from mtc.install import least_privilege
from mtc.kube import access, codec, resources, watch
from mtc.kube.client import JSON, Client, Object
from mtc.kube.resources import ResourceType
from mtc.lab import controlplane
from mtc.migration.settings import Live
from mtc.operator import controller

_numbers = itertools.count(1)
_directories: dict[str, Path] = {}
_RBAC = (
    resources.CLUSTER_ROLES,
    resources.CLUSTER_ROLE_BINDINGS,
    ResourceType("rbac.authorization.k8s.io", "v1", "roles", "Role"),
    ResourceType("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
)


@asynccontextmanager
async def cluster(directory: Path, name: str, *, api_server_flags: tuple[str, ...] = ()) -> AsyncIterator[Client]:
    """A control plane with all our kinds."""
    plane = controlplane.control_plane(directory, api_server_flags=api_server_flags)
    async with plane as kubeconfig, Client(access.from_kubeconfig(str(kubeconfig)), name=name) as client:
        _directories[client.access.server] = directory
        for model in registry.kinds():
            await client.create(resources.CUSTOM_RESOURCE_DEFINITIONS, crd.definition(model))
        await established(client)
        yield client


def authority(cluster: Client) -> Path:
    """The folder of the certificates of a control plane, with the authority that it trusts."""
    return _directories[cluster.access.server] / "pki"


async def established(cluster: Client) -> None:
    """Waits until all definitions are in force."""
    async with asyncio.timeout(60):
        async for event in watch.watch(cluster, resources.CUSTOM_RESOURCE_DEFINITIONS):
            if event.type == "SYNCED" or (event.object and _is_established(event.object)):
                found = await cluster.list_all(resources.CUSTOM_RESOURCE_DEFINITIONS)
                if all(_is_established(item) for item in found):
                    return


def _is_established(item: Object) -> bool:
    found = (item.get("status") or {}).get("conditions") or []
    return any(part["type"] == "Established" and part["status"] == "True" for part in found)


@dataclass(frozen=True)
class World:
    """An installation of the toolkit on two clusters.

    Attributes:
        host, remote: the clusters; the controller runs on the first.
        namespace: where the toolkit lives on both.
        token: of the controller.
    """

    host: Client
    remote: Client
    namespace: str
    token: str = field(default="", repr=False)

    def reference(self, name: str) -> dict[str, str]:
        """A reference to an object of the installation."""
        return {"name": name, "namespace": self.namespace}

    async def make(self, kind: ResourceType, name: str, *, cluster: Client | None = None, **content: Any) -> Object:
        """Creates an object of the installation."""
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "namespace": self.namespace}, **content}
        return await (cluster or self.host).create(kind, body)

    async def declare_clusters(self, *, url: str = "", token: str = "") -> None:
        """MigClusters `host` and `remote`."""
        secret = base64.b64encode((token or await self.remote_token()).encode()).decode()
        await self.make(resources.SECRETS, "remote-sa", data={"saToken": secret})
        await self.make(resources.MIG_CLUSTERS, "host", spec={"isHostCluster": True})
        spec = {
            "isHostCluster": False,
            "url": url or self.remote.access.server,
            "insecure": True,
            "serviceAccountSecretRef": self.reference("remote-sa"),
        }
        await self.make(resources.MIG_CLUSTERS, "remote", spec=spec)

    async def declare_storage(self, server: S3Server, *, name: str = "repo", secret: str = SECRET_KEY, url: str = "") -> str:
        """MigStorage `repo` in a bucket of its own, reached at another address where one is given; the bucket."""
        bucket = server.location(prefix="").bucket
        await self.make(resources.SECRETS, f"{name}-creds", data=s3_credentials(secret))
        config = {
            "awsBucketName": bucket,
            "awsS3Url": url or server.url,
            "awsRegion": "us-east-1",
            "credsSecretRef": self.reference(f"{name}-creds"),
        }
        await self.make(resources.MIG_STORAGES, name, spec={"backupStorageProvider": "aws", "backupStorageConfig": config})
        return bucket

    async def declare_plan(self, name: str, namespaces: list[str], *, storage: str = "repo", **spec: Any) -> None:
        """A MigPlan from `remote` to `host`."""
        refs = {"srcMigClusterRef": "remote", "destMigClusterRef": "host", "migStorageRef": storage}
        named = {key: self.reference(value) for key, value in refs.items()}
        await self.make(resources.MIG_PLANS, name, spec={**named, "namespaces": namespaces, "indirectVolumeMigration": True, **spec})

    async def ready_plan(self, server: S3Server, namespace: str) -> Object:
        """A MigPlan `plan` for a new namespace of `remote`, with all that it needs, when it is Ready."""
        await make_namespace(self.remote, namespace)
        await self.declare_clusters()
        await self.declare_storage(server)
        await self.declare_plan("plan", [namespace])
        return await self.until(resources.MIG_PLANS, "plan", is_ready)

    async def until(
        self,
        kind: ResourceType,
        name: str,
        wanted: Callable[[Object], bool],
        *,
        cluster: Client | None = None,
        timeout_s: float = 30,
    ) -> Object:
        """The object as soon as it is as wanted."""
        last: Object = {}
        try:
            async with asyncio.timeout(timeout_s):
                events = watch.watch(cluster or self.host, kind, namespace=self.namespace, field_selector=f"metadata.name={name}")
                async for event in events:
                    if event.object:
                        last = event.object
                        if event.type != "DELETED" and wanted(event.object):
                            return event.object
        except TimeoutError:
            pass
        msg = f"{kind.kind} {name} did not become as wanted in {timeout_s:g} s; last seen: {last.get('status')}"
        raise AssertionError(msg)

    async def until_list(
        self,
        kind: ResourceType,
        wanted: Callable[[list[Object]], bool],
        *,
        cluster: Client,
        label_selector: str = "",
        timeout_s: float = 30,
    ) -> list[Object]:
        """The objects of a collection as soon as they are as wanted."""
        cache = watch.Cache(cluster, kind, namespace=self.namespace, label_selector=label_selector)
        running = asyncio.create_task(cache.run())
        try:
            if not await cache.wait(lambda: wanted(list(cache.objects.values())), timeout_s=timeout_s):
                msg = f"{kind.plural} did not become as wanted in {timeout_s:g} s: {sorted(cache.objects)}"
                raise AssertionError(msg)
            return list(cache.objects.values())
        finally:
            running.cancel()

    async def remote_token(self) -> str:
        """A token for the remote cluster that may do there what migrations need, and nothing else."""
        return await needful_token(self.remote, self.namespace, "mover", host=False)


async def token(cluster: Client, namespace: str, name: str, *, may: str = "") -> str:
    """The token of a new service account, bound to a ClusterRole where one is given."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}
    await cluster.create(resources.SERVICE_ACCOUNTS, account)
    if may:
        kind = resources.CLUSTER_ROLE_BINDINGS
        binding = {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "metadata": {"name": f"{namespace}-{name}"},
            "roleRef": {"apiGroup": kind.group, "kind": "ClusterRole", "name": may},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        }
        await cluster.create(kind, binding)
        anything = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}
        await permits.until(cluster, f"system:serviceaccount:{namespace}:{name}", anything)
    path = resources.SERVICE_ACCOUNTS.path(namespace=namespace, name=name, subresource="token")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
    answer = codec.loads(await cluster.transport.request("POST", path, body=codec.dumps(request), headers=JSON))
    return leaks.remember(str(answer["status"]["token"]), f"the token of service account {namespace}/{name}")


async def needful_token(cluster: Client, namespace: str, name: str, *, host: bool) -> str:
    """The token of a new service account that may do what the manifests of least privilege allow, and nothing else."""
    found = await token(cluster, namespace, name)
    await grant(cluster, namespace, name, least_privilege.objects(host=host))
    return found


async def grant(cluster: Client, namespace: str, name: str, objects: list[Object]) -> None:
    """Gives such an account what manifests of least privilege allow."""
    served = {kind.kind: kind for kind in _RBAC}
    for item in objects:
        meta = item["metadata"]
        # Installations of several stories are on one cluster.
        meta["name"] = f"{namespace}-{name}-{meta['name']}"
        if meta.get("namespace") == names.MIGRATION_NAMESPACE:
            meta["namespace"] = namespace
        if "roleRef" in item:
            item["roleRef"]["name"] = f"{namespace}-{name}-{item['roleRef']['name']}"
            item["subjects"] = [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
        await cluster.create(served[item["kind"]], item)
    await permits.in_force(cluster, namespace, name, objects)


async def forbid_other_kinds(cluster: Client, namespace: str, name: str) -> None:
    """Takes from such an account the right on kinds that nobody named, which undoing a migration needs."""
    role = next(kind for kind in _RBAC if kind.kind == "ClusterRole")
    found = await cluster.get(role, f"{namespace}-{name}-{least_privilege.APPLICATIONS}")
    rules = [rule for rule in found["rules"] if "*" not in rule["resources"]]
    await cluster.patch(role, found["metadata"]["name"], {"rules": rules})


def s3_credentials(secret: str, *, key: str = ACCESS_KEY) -> dict[str, str]:
    """The data of the Secret that a person makes for S3."""
    pairs = {"aws-access-key-id": key, "aws-secret-access-key": secret}
    return {key: base64.b64encode(value.encode()).decode() for key, value in pairs.items()}


def encoded(text: str) -> str:
    """A value as a Secret has it."""
    return base64.b64encode(text.encode()).decode()


def s3_file(location: store.Location) -> dict[str, str]:
    """The data of the Secret that a BackupStorageLocation names."""
    return {"cloud": base64.b64encode(location.credential or b"").decode()}


@asynccontextmanager
async def installation(host: Client, remote: Client) -> AsyncIterator[World]:
    """Namespaces of its own on both clusters, and a controller that runs, with the rights of least privilege."""
    world = await prepared(host, remote)
    async with controlled(world):
        yield world


async def prepared(host: Client, remote: Client) -> World:
    """The same without a controller that runs."""
    namespace = f"mtc-{next(_numbers)}"
    for client in (host, remote):
        await make_namespace(client, namespace)
    found = await needful_token(host, namespace, "controller", host=True)
    return World(host, remote, namespace, found)


@asynccontextmanager
async def controlled(world: World) -> AsyncIterator[None]:
    """A controller that runs until the end of the block."""
    way = access.from_token(world.host.access.server, world.token, insecure=True)
    async with Client(way, name=world.host.name) as own:
        running = asyncio.create_task(controller.run(own, namespace=world.namespace, settings=Live()))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait([running])
            assert running.cancelled(), running.exception()


async def make_namespace(cluster: Client, name: str) -> None:
    """A namespace."""
    await cluster.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def found(item: Object) -> dict[str, Object]:
    """The conditions of an object, by type."""
    return {part["type"]: part for part in (item.get("status") or {}).get("conditions") or []}


def is_ready(item: Object) -> bool:
    """Whether an object is Ready."""
    return found(item).get(conditions.READY, {}).get("status") == "True"


def shows(*types: str) -> Callable[[Object], bool]:
    """Whether an object shows all these conditions."""
    return lambda item: set(types) <= found(item).keys()


def lacks(*types: str) -> Callable[[Object], bool]:
    """Whether an object has been looked at and shows none of these conditions."""
    return lambda item: "status" in item and not set(types) & found(item).keys()
