"""What a failure is, the ground on which it is brought about, and whether `mtc explain` finds it.

async with failures.ground(host, remote, s3) as ground:
    await ground.declare()
    await ground.application()
    await ground.migrate()
    found = await ground.until_explained("run", "pods-quota")
"""

import asyncio
import importlib
import os
import pkgutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from kit import draw, planes
from kit.s3 import S3Server
from mtc import store
from mtc.api import names
from mtc.diagnose import collect, report
from mtc.kube import access, errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.look import sites
from mtc.migration.scope import COMPLETED
from mtc.operator import engine

_Ground = TypeVar("_Ground")
#: `all` runs every failure; else a sample.
_WHICH = os.environ.get("MTC_TEST_FAILURES", "")
_LIMIT_S = 90.0


@dataclass(frozen=True)
class Failure(Generic[_Ground]):
    """A failure and what has to be said about it.

    Attributes:
        inject: brings it about; gives the name to explain.
        rule: the cause that has to stand first.
        thing: kind and, where it is known beforehand, name of an object that has to be named.
        step: a part of one of the next steps.
        in_each_run: whether it is quick, and one of those of which every run of the tests draws some.
    """

    inject: Callable[[_Ground], Awaitable[str]]
    rule: str
    thing: tuple[str, str]
    step: str
    in_each_run: bool = False


def every(folder: str) -> dict[str, Failure[Any]]:
    """All failures of a folder, by the name of their file."""
    package = importlib.import_module(f"failures.{folder}")
    return {
        found.name: importlib.import_module(f"failures.{folder}.{found.name}").FAILURE for found in pkgutil.iter_modules(package.__path__)
    }


def chosen(folder: str, count: int) -> dict[str, Failure[Any]]:
    """Those that a run tries: all with MTC_TEST_FAILURES=all, the named ones with a list of names, else a sample."""
    found = every(folder)
    if _WHICH == "all":
        return found
    if _WHICH:
        return {name: failure for name, failure in found.items() if name in _WHICH.split(",")}
    drawn = sorted(name for name, failure in found.items() if failure.in_each_run)
    return {name: found[name] for name in sorted(draw.some(drawn, count))}


async def explained(host: Client, name: str, *, namespace: str) -> report.Explanation:
    """What `mtc explain` says of an object."""
    async with sites.opened(host, namespace) as found:
        shot = await collect.collect(found, name, namespace=namespace, clock=lambda: datetime.now(UTC))
    (explanation,) = report.explain(shot, name)
    return explanation


async def until_explained(
    host: Client, name: str, failure: Failure[Any], *, namespace: str, timeout_s: float = _LIMIT_S
) -> report.Explanation:
    """The explanation as soon as the right cause stands first; it has the right object and step, or this fails."""
    end, last = time.monotonic() + timeout_s, None
    while time.monotonic() < end:
        last = await explained(host, name, namespace=namespace)
        if last.findings and last.findings[0].rule == failure.rule:
            break
        await asyncio.sleep(1)
    told = "\n".join(report.lines(last)) if last else ""
    assert last is not None, "nothing was explained"
    assert last.findings, f"nothing was found in {timeout_s:g} s:\n{told}"
    first = last.findings[0]
    assert first.rule == failure.rule, f"{first.rule} instead of {failure.rule}:\n{told}"
    kind, wanted = failure.thing
    assert any(item.kind == kind and (not wanted or item.name == wanted) for item in first.finding.things), told
    assert any(failure.step in step for step in first.finding.steps), told
    return last


@dataclass
class Ground:
    """Two API servers with a controller, an engine each and a bucket: enough for an application without volumes.

    Attributes:
        world: the installation.
        s3: the server of the bucket.
        app: namespace of the application, on both clusters.
        location: of the bucket that `locate` made.
    """

    world: planes.World
    s3: S3Server
    app: str
    location: store.Location | None = None
    _engines: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _clients: list[Client] = field(default_factory=list)
    _leaving: list[Callable[[], Awaitable[Any]]] = field(default_factory=list)

    @property
    def host(self) -> Client:
        """The target, where the controller works."""
        return self.world.host

    @property
    def remote(self) -> Client:
        """The source."""
        return self.world.remote

    async def make(self, cluster: Client, kind: ResourceType, name: str, *, namespace: str = "", **content: Any) -> Object:
        """Creates an object; in the application's namespace unless another is named."""
        meta = {"name": name, **content.pop("metadata", {})}
        if kind.namespaced:
            meta["namespace"] = namespace or self.app
        return await cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **content})

    async def declare(self, **storage: Any) -> None:
        """Clusters and storage."""
        await self.world.declare_clusters()
        await self.world.declare_storage(self.s3, **storage)

    async def application(self, *, pod: dict[str, Any] | None = None, **more: Any) -> None:
        """A Deployment and a ConfigMap on the source."""
        await planes.make_namespace(self.remote, self.app)
        await self.until_account(self.remote)
        await self.make(self.remote, resources.CONFIG_MAPS, "settings", data={"colour": "blue"})
        spec = {"containers": [{"name": "app", "image": "registry.example/app:1"}], **(pod or {})}
        template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
        body = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template, **more}
        await self.make(self.remote, resources.DEPLOYMENTS, "web", spec=body)

    async def until_account(self, cluster: Client) -> None:
        """Waits until pods can be made in the application's namespace."""
        found = planes.World(cluster, cluster, self.app)
        await found.until(resources.SERVICE_ACCOUNTS, "default", bool, cluster=cluster)

    async def plan(self, **spec: Any) -> None:
        """A plan for the application, when it is ready."""
        await self.world.declare_plan("shop", [self.app], **spec)
        await self.world.until(resources.MIG_PLANS, "shop", planes.is_ready, timeout_s=60)

    async def migrate(self, name: str = "run") -> Object:
        """A final migration when it has ended."""
        reference = self.world.reference("shop")
        await self.world.make(resources.MIG_MIGRATIONS, name, spec={"migPlanRef": reference, "stage": False, "quiescePods": False})
        return await self.world.until(
            resources.MIG_MIGRATIONS, name, lambda item: (item.get("status") or {}).get("phase") == COMPLETED, timeout_s=90
        )

    async def whole(self, *, pod: dict[str, Any] | None = None) -> str:
        """All of it: declarations, application, plan, migration; the migration's name."""
        await self.declare()
        await self.application(pod=pod)
        await self.plan()
        await self.migrate()
        return "run"

    async def restored(self, *kept: tuple[ResourceType, str, dict[str, Any]], name: str = "back", **spec: Any) -> str:
        """A Backup on the source of such objects, and a Restore of it on the target, when both have ended."""
        await planes.make_namespace(self.remote, self.app)
        for kind, title, content in kept:
            await self.make(self.remote, kind, title, **content)
        await self.locate()
        await self.make(
            self.remote,
            resources.BACKUPS,
            "kept",
            namespace=self.world.namespace,
            spec={"includedNamespaces": [self.app], "storageLocation": "own"},
        )
        await self.ended(self.remote, resources.BACKUPS, "kept")
        await self.world.until(resources.BACKUPS, "kept", lambda item: bool(item.get("status")), timeout_s=90)
        return await self.restore(name, **spec)

    async def restore(self, name: str = "back", **spec: Any) -> str:
        """A Restore on the target when it has ended."""
        wanted = {"backupName": "kept", **spec}
        await self.make(self.host, resources.RESTORES, name, namespace=self.world.namespace, spec=wanted)
        await self.ended(self.host, resources.RESTORES, name)
        return name

    async def locate(self) -> None:
        """A location `own` on both clusters, in one bucket."""
        found = self.location = self.s3.location()
        for cluster in (self.remote, self.host):
            data = planes.s3_file(found)
            await self.make(cluster, resources.SECRETS, "own-cloud", namespace=self.world.namespace, data=data)
            spec = {
                "provider": "aws",
                "config": dict(found.config),
                "credential": {"name": "own-cloud", "key": "cloud"},
                "objectStorage": {"bucket": found.bucket, "prefix": found.prefix},
                "backupSyncPeriod": "2s",
            }
            await self.make(cluster, resources.BACKUP_STORAGE_LOCATIONS, "own", namespace=self.world.namespace, spec=spec)
            await self.world.until(
                resources.BACKUP_STORAGE_LOCATIONS, "own", lambda item: bool(item.get("status")), cluster=cluster, timeout_s=60
            )

    async def until_refused(self, data: dict[str, str]) -> None:
        """Waits until the target refuses a ConfigMap: what decides about objects takes a moment to be in force."""
        body = {"metadata": {"name": "probe", "namespace": self.app}, "data": data}
        async with asyncio.timeout(60):
            while True:
                try:
                    await self.host.create(resources.CONFIG_MAPS, body, dry_run=True)
                except errors.ApiError:
                    return
                await asyncio.sleep(0.2)

    async def define(self, cluster: Client, group: str, **spec: Any) -> None:
        """A custom resource Gadget, served."""
        content = {"type": "object", **spec} if spec else {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": content}}}
        called = {"plural": "gadgets", "kind": "Gadget"}
        version = {"name": "v1", "served": True, "storage": True, "schema": schema}
        body = {"group": group, "scope": "Namespaced", "names": called, "versions": [version]}
        await self.make(cluster, resources.CUSTOM_RESOURCE_DEFINITIONS, f"gadgets.{group}", spec=body)
        await planes.established(cluster)
        self.on_leaving(lambda: cluster.delete(resources.CUSTOM_RESOURCE_DEFINITIONS, f"gadgets.{group}"))

    async def deploy(self, cluster: Client, name: str, *, replicas: int) -> None:
        """A Deployment in the toolkit's namespace, of which nothing will run here."""
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "registry.example/mtc:1"}]}}
        body = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
        await self.make(cluster, resources.DEPLOYMENTS, name, namespace=self.world.namespace, spec=body)

    async def weaken_engine(self, *, without: str) -> None:
        """Has the target's engine work as an account that may do everything but write one kind of the core group."""
        role, name = f"{self.world.namespace}-weak", "weak"
        reads = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
        others = [kind for kind in ("namespaces", "configmaps", "serviceaccounts", "events", "pods", "services") if kind != without]
        core = {"apiGroups": [""], "resources": [*others, "pods/log"], "verbs": ["*"]}
        velero = {"apiGroups": ["velero.io", "apps", "batch", "coordination.k8s.io"], "resources": ["*"], "verbs": ["*"]}
        await self.make(self.host, resources.CLUSTER_ROLES, role, rules=[reads, core, velero])
        token = await planes.token(self.host, self.world.namespace, name, may=role)
        client = await Client(access.from_token(self.host.access.server, token, insecure=True), name="host").__aenter__()
        self._clients.append(client)
        await self.stop_engine("host")
        self.start_engine(client)

    def start_engine(self, cluster: Client) -> None:
        """Starts the engine of a cluster."""
        running = engine.run(cluster, namespace=self.world.namespace, helper_image="mtc", concurrency=20)
        self._engines[cluster.name] = asyncio.create_task(running)

    async def stop_engine(self, name: str) -> None:
        """Ends the engine of a cluster."""
        task = self._engines.pop(name)
        task.cancel()
        await asyncio.wait([task])

    def on_leaving(self, work: Callable[[], Awaitable[Any]]) -> None:
        """What is to be put right before the next failure, which has the same clusters."""
        self._leaving.append(work)

    async def leave(self) -> None:
        """Ends the engines and puts everything right."""
        for name in list(self._engines):
            await self.stop_engine(name)
        for work in self._leaving:
            await work()
        for client in self._clients:
            await client.close()

    async def ended(self, cluster: Client, kind: ResourceType, name: str) -> Object:
        """A Backup or Restore when it has ended."""
        over = {"Completed", "PartiallyFailed", "Failed", "FailedValidation"}
        return await self.world.until(
            kind, name, lambda item: (item.get("status") or {}).get("phase") in over, cluster=cluster, timeout_s=90
        )


@asynccontextmanager
async def ground(host: Client, remote: Client, s3: S3Server) -> AsyncIterator[Ground]:
    """Namespaces of its own, with a controller and two engines that run."""
    async with planes.installation(host, remote) as world:
        made = Ground(world, s3, f"{world.namespace}-app")
        for cluster in (host, remote):
            settings = {"OPERATOR_VERSION": "1", "STAGE_IMAGE": "registry.example/mtc:1"}
            await made.make(cluster, resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, namespace=world.namespace, data=settings)
            made.start_engine(cluster)
        try:
            yield made
        finally:
            await made.leave()
